{{- /* What the pods have in common. */ -}}

{{- define "credence.pod.security" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "credence.container.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 10001
seccompProfile: {type: RuntimeDefault}
capabilities: {drop: [ALL]}
{{- end }}

{{- /* Where pods go, and what they are pulled with. */ -}}
{{- define "credence.pod.placement" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Of (list $ image): the lines of a container that say what it is. */ -}}
{{- define "credence.container.image" -}}
image: {{ include "credence.image" . }}
imagePullPolicy: {{ (index . 0).Values.image.pullPolicy }}
terminationMessagePolicy: FallbackToLogsOnError
securityContext: {{- include "credence.container.security" . | nindent 2 }}
{{- end }}

{{- /* Of (list variable secret key): an environment variable from a Secret. */ -}}
{{- define "credence.secret" -}}
- name: {{ index . 0 }}
  valueFrom: {secretKeyRef: {name: {{ index . 1 }}, key: {{ index . 2 }}}}
{{- end }}

{{- /* Pods that share a volume which only one node can mount stay on the node where the first of them is. */ -}}
{{- define "credence.runs.affinity" -}}
{{- if ne .Values.runs.persistence.accessMode "ReadWriteMany" }}
affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels: {app.kubernetes.io/instance: {{ .Release.Name }}}
          matchExpressions:
            - {key: app.kubernetes.io/component, operator: In, values: [worker, run, history]}
{{- end }}
{{- end }}

{{- /* The volumes of worker, runs and history. */ -}}
{{- define "credence.runs.volumes" -}}
- name: tmp
  emptyDir: {}
- name: home
  persistentVolumeClaim: {claimName: {{ include "credence.fullname" . }}-runs}
{{- with .Values.data.existingClaim }}
- name: data
  persistentVolumeClaim: {claimName: {{ . }}, readOnly: true}
{{- end }}
{{- end }}

{{- define "credence.runs.mounts" -}}
- {name: tmp, mountPath: /tmp}
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
  storageClassName: {{ . }}
  {{- end }}
  resources: {requests: {storage: {{ $persistence.size }}}}
{{- end }}

{{- /* Of (list $ component): a service account, with no token in its pods unless they ask for one. */ -}}
{{- define "credence.account" -}}
apiVersion: v1
kind: ServiceAccount
automountServiceAccountToken: false
metadata:
  {{- include "credence.metadata" . | nindent 2 }}
{{- end }}
