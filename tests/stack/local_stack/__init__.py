"""The local stack: a real etcd, a real kube-apiserver and the local AWS, on loopback, as one unit.

`python -m local_stack` is the supervisor (see `__main__`). It never leaves a process behind: it
lives as long as its standard input is open, and its children live as long as it does.
"""
