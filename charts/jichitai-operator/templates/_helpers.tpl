{{/* What does not change with an upgrade: selectors may use it. */}}
{{- define "jichitai.selector" -}}
app.kubernetes.io/name: jichitai-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "jichitai.labels" -}}
{{ include "jichitai.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: jichitai
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "jichitai.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default "jichitai-operator" }}
{{- else -}}
{{ required "serviceAccount.name: name the ServiceAccount to use, or let the chart create one" .Values.serviceAccount.name }}
{{- end -}}
{{- end }}

{{- define "jichitai.image" -}}
{{- $repository := required "image.repository: name the operator's image in a registry that the cluster reaches" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}
