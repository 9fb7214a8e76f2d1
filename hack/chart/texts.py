"""The files of the chart that are not made from the manifests."""

from __future__ import annotations

HELPERS = """\
{{- define "operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end }}
{{- define "operator.image" -}}
{{- $image := index . 0 -}}
{{- with $image.registry }}{{ . }}/{{ end }}{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default (index . 1) }}{{ end -}}
{{- end }}
"""
NOTES = """\
{{ include "operator.fullname" . }} watches {{ .Values.watchNamespace | default "all namespaces" }}.

  kubectl -n {{ .Release.Namespace }} rollout status deployment/{{ include "operator.fullname" . }}
  helm -n {{ .Release.Namespace }} test {{ .Release.Name }}
  kubectl explain modeldeployment.spec

Helm installs the CRD once and never updates it. Before an upgrade of the chart:

  helm show crds CHART | kubectl apply --server-side --force-conflicts -f -
"""
TEST = """\
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "operator.fullname" . }}-test
  namespace: {{ .Release.Namespace | quote }}
  labels:
    app.kubernetes.io/instance: {{ .Release.Name | quote }}
    app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
    helm.sh/chart: "{{ .Chart.Name }}-{{ .Chart.Version }}"
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  imagePullSecrets: {{ toJson .Values.imagePullSecrets }}
  nodeSelector: {{ toJson .Values.nodeSelector }}
  tolerations: {{ toJson .Values.tolerations }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    seccompProfile: {type: RuntimeDefault}
  containers:
  - name: test
    image: {{ include "operator.image" (list .Values.image .Chart.AppVersion) | quote }}
    command: [python, -c]
    args:
    - |
      from urllib.request import urlopen
      urlopen("http://{{ include "operator.fullname" . }}-metrics:8080/readyz", timeout=10)
    resources:
      requests: {cpu: 10m, memory: 32Mi}
      limits: {memory: 64Mi}
    securityContext:
      allowPrivilegeEscalation: false
      capabilities: {drop: [ALL]}
      readOnlyRootFilesystem: true
"""
README = """\
# {name}

{description}

```sh
helm install {name} OCI-OR-FOLDER --namespace easy-mlops-system --create-namespace
helm test {name} --namespace easy-mlops-system
```

Objects are named after the release, so that releases in different namespaces, each with a `shard` or a
`watchNamespace` of its own, do not collide. Within a namespace, replicas share one Lease: install one release in it.

Helm installs the CRD once, and neither updates nor deletes it. Before an upgrade:

```sh
helm show crds OCI-OR-FOLDER | kubectl apply --server-side --force-conflicts -f -
```

## Values

{table}"""
