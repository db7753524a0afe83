// Command kstatus prints, for each object of a List on standard input, what kstatus makes of it: the rules by which Flux,
// kpt and others wait for objects. One line each: kind/namespace/name, status.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func main() {
	var list unstructured.UnstructuredList
	if err := json.NewDecoder(os.Stdin).Decode(&list); err != nil {
		fail(err)
	}
	for i := range list.Items {
		object := &list.Items[i]
		result, err := status.Compute(object)
		if err != nil {
			fail(err)
		}
		fmt.Printf("%s/%s/%s %s\n", object.GetKind(), object.GetNamespace(), object.GetName(), result.Status)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "kstatus:", err)
	os.Exit(1)
}
