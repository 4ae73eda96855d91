{{- /* What the pods have in common. */ -}}

{{- /* Of (list $ labels): the metadata of a pod with these labels. */ -}}
{{- define "credence.pod.metadata" -}}
{{- $values := (index . 0).Values -}}
labels:
  {{- index . 1 | nindent 2 }}
  {{- with $values.pods.labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $values.pods.annotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Of (list $ account): a pod's service account, user, images and place. */ -}}
{{- define "credence.pod" -}}
{{- $root := index . 0 -}}
serviceAccountName: {{ include "credence.fullname" $root }}-{{ index . 1 }}
enableServiceLinks: false # Prefect's own settings begin with PREFECT_, and so would a Service's variables
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- with $root.Values.pods }}
securityContext:
  runAsNonRoot: true
  {{- with .userId }}
  runAsUser: {{ int64 . }}
  runAsGroup: {{ int64 . }}
  fsGroup: {{ int64 . }}
  {{- end }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .runtimeClassName }}
runtimeClassName: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "credence.pod.affinity" -}}
{{- with .Values.pods.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Of (list $ image): the lines of a container that say what it is. */ -}}
{{- define "credence.container.image" -}}
image: {{ include "credence.image" . | quote }}
imagePullPolicy: {{ get (index (index . 0).Values.image (index . 1)) "pullPolicy" | default (index . 0).Values.image.pullPolicy }}
terminationMessagePolicy: FallbackToLogsOnError
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  {{- with (index . 0).Values.pods.userId }}
  runAsUser: {{ int64 . }}
  {{- end }}
  seccompProfile: {type: RuntimeDefault}
  capabilities: {drop: [ALL]}
{{- end }}

{{- /* Environment of predictor, explainer and monitor: how they listen. */ -}}
{{- define "credence.servers.env" -}}
- {name: CREDENCE_IDLE_SECONDS, value: {{ .Values.servers.idleSeconds | quote }}}
{{- with .Values.servers.allowedOrigins }}
- {name: CREDENCE_ALLOWED_ORIGINS, value: {{ join "," . | quote }}}
{{- end }}
{{- end }}

{{- /* Environment of every container: how it reaches the world outside the cluster, and whom it trusts there. */ -}}
{{- define "credence.container.env" -}}
{{- $none := include "credence.proxy.none" . -}}
{{- range $name, $value := dict "HTTP_PROXY" .Values.pods.proxy.http "HTTPS_PROXY" .Values.pods.proxy.https "NO_PROXY" $none }}
{{- if and $value (or $.Values.pods.proxy.http $.Values.pods.proxy.https) }}
- {name: {{ $name }}, value: {{ $value | quote }}}
- {name: {{ lower $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}
{{- if .Values.pods.trust.configMap }}
{{- range list "SSL_CERT_FILE" "REQUESTS_CA_BUNDLE" "AWS_CA_BUNDLE" "PGSSLROOTCERT" }}
- {name: {{ . }}, value: /etc/credence-trust/{{ $.Values.pods.trust.key }}}
{{- end }}
{{- end }}
{{- with .Values.pods.env }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Hosts that are asked without a proxy: this machine, the Kubernetes API, and whatever is in the cluster. */ -}}
{{- define "credence.proxy.none" -}}
{{- $name := include "credence.fullname" . -}}
{{- $serving := .Values.serving.name -}}
{{- $hosts := list "localhost" "127.0.0.1" "::1" "$(KUBERNETES_SERVICE_HOST)" ".svc" (printf ".%s" .Values.clusterDomain) -}}
{{- range list "mlflow" "prefect" "monitor" }}{{- $hosts = append $hosts (printf "%s-%s" $name .) }}{{- end -}}
{{- range list "predictor" "explainer" }}{{- $hosts = append $hosts (printf "%s-%s" $serving .) }}{{- end -}}
{{- with .Values.pods.proxy.none }}{{- $hosts = concat $hosts . }}{{- end -}}
{{- join "," $hosts -}}
{{- end }}

{{- define "credence.container.envFrom" -}}
{{- with .Values.pods.envFrom }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Of (list $ section...): the logins at MLflow, at Prefect, before what every container takes from elsewhere. */ -}}
{{- define "credence.logins" -}}
{{- $values := (index . 0).Values -}}
{{- range rest . }}
{{- with (get $values .).existingSecret }}
- secretRef: {name: {{ . | quote }}}
{{- end }}
{{- end }}
{{- include "credence.container.envFrom" (index . 0) }}
{{- end }}

{{- define "credence.container.mounts" -}}
- {name: tmp, mountPath: /tmp}
{{- if .Values.pods.trust.configMap }}
- {name: trust, mountPath: /etc/credence-trust, readOnly: true}
{{- end }}
{{- with .Values.pods.volumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "credence.pod.volumes" -}}
- name: tmp
  emptyDir: {}
{{- with .Values.pods.trust.configMap }}
- name: trust
  configMap: {name: {{ . | quote }}}
{{- end }}
{{- with .Values.pods.volumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Of (list variable secret key): an environment variable from a Secret. */ -}}
{{- define "credence.secret" -}}
- name: {{ index . 0 }}
  valueFrom: {secretKeyRef: {name: {{ index . 1 | quote }}, key: {{ index . 2 }}}}
{{- end }}

{{- /* Pods that share a volume which only one node can mount stay on the node where the first of them is. */ -}}
{{- define "credence.runs.affinity" -}}
{{- if eq .Values.runs.persistence.accessMode "ReadWriteMany" }}
{{- include "credence.pod.affinity" . }}
{{- else }}
{{- $required := "requiredDuringSchedulingIgnoredDuringExecution" }}
{{- $pods := .Values.pods.affinity.podAffinity | default dict }}
affinity:
  {{- with omit .Values.pods.affinity "podAffinity" }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  podAffinity:
    {{- with omit $pods $required }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{ $required }}:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels: {app.kubernetes.io/instance: {{ .Release.Name | quote }}}
          matchExpressions:
            - {key: app.kubernetes.io/component, operator: In, values: [worker, run, history]}
      {{- with get $pods $required }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
{{- end }}
{{- end }}

{{- /* The volumes of worker, runs and history. */ -}}
{{- define "credence.runs.volumes" -}}
{{ include "credence.pod.volumes" . }}
- name: home
  persistentVolumeClaim: {claimName: {{ include "credence.fullname" . }}-runs}
{{- with .Values.data.existingClaim }}
- name: data
  persistentVolumeClaim: {claimName: {{ . | quote }}, readOnly: true}
{{- end }}
{{- end }}

{{- define "credence.runs.mounts" -}}
{{ include "credence.container.mounts" . }}
- {name: home, mountPath: /var/lib/credence}
{{- if .Values.data.existingClaim }}
- {name: data, mountPath: /data, readOnly: true}
{{- end }}
{{- end }}

{{- define "credence.runs.tokens" -}}
{{ include "credence.secret" (list "CREDENCE_MONITOR_TOKEN" (include "credence.tokens" .) "monitor") }}
{{ include "credence.secret" (list "CREDENCE_SMOKE_TOKEN" (include "credence.tokens" .) "smoke") }}
{{- end }}

{{- /* Of a path: probes of a server that is one pod at its port `http`. There is no other one to ask, so while it is slow a
late answer is better than a refused connection. */ -}}
{{- define "credence.probes" -}}
startupProbe: {httpGet: {path: {{ . }}, port: http}, periodSeconds: 2, failureThreshold: 300}
readinessProbe: {httpGet: {path: {{ . }}, port: http}, periodSeconds: 5, timeoutSeconds: 10, failureThreshold: 6}
livenessProbe: {httpGet: {path: {{ . }}, port: http}, periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 6}
{{- end }}

{{- /* Of (list $ component section): a volume claim. */ -}}
{{- define "credence.claim" -}}
{{- $root := index . 0 -}}
{{- $persistence := index . 2 -}}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  {{- include "credence.metadata" (list $root (index . 1)) | nindent 2 }}
  {{- if $root.Values.persistence.keep }}
  annotations: {helm.sh/resource-policy: keep}
  {{- end }}
spec:
  accessModes: [{{ $persistence.accessMode | default "ReadWriteOnce" }}]
  {{- with $persistence.storageClass }}
  storageClassName: {{ . | quote }}
  {{- end }}
  resources: {requests: {storage: {{ $persistence.size | quote }}}}
{{- end }}

{{- /* Of (list $ component): a service account, with no token in its pods unless they ask for one. */ -}}
{{- define "credence.account" -}}
apiVersion: v1
kind: ServiceAccount
automountServiceAccountToken: false
metadata:
  {{- include "credence.metadata" . | nindent 2 }}
{{- end }}
