"""A real Kubernetes cluster to build and test on, on machines with a container engine and on machines with nothing.

Run it as ``python3 hack/cluster COMMAND``; standard library only, Python 3.11 or later.
"""
