{{- /* The pods that serve, the same in both modes. */ -}}

{{- define "credence.predictor.container" -}}
{{- $predictor := .Values.serving.predictor -}}
{{ include "credence.container.image" (list . "predictor") }}
command: [python, -m, serving.predictor]
env:
  - {name: CREDENCE_MODELS, value: /mnt/models}
  - {name: CREDENCE_MODEL_NAME, value: {{ .Values.serving.name | quote }}}
  - {name: CREDENCE_HOST, value: "::"}
  - {name: CREDENCE_HTTP_PORT, value: "8080"}
  {{- include "credence.servers.env" . | nindent 2 }}
  - {name: CREDENCE_ADMIN_PORT, value: "0"} # who may score may not unload
  - {name: CREDENCE_LOG_DIRECTORY, value: /var/log/credence}
  - {name: CREDENCE_LOG_BYTES, value: "{{ mul $predictor.logMegabytes 1048576 }}"}
  - {name: CREDENCE_DRAIN_SECONDS, value: "10"} # a busy node learns late that a pod has gone
  - {name: CREDENCE_UNKNOWN, value: {{ .Values.serving.unknown }}}
  - {name: CREDENCE_HISTORY_DAYS, value: {{ .Values.serving.historyDays | quote }}}
  {{- with include "credence.monitor.url" . }}
  - {name: CREDENCE_MONITOR_URL, value: {{ . | quote }}}
  {{- end }}
  {{- include "credence.runs.tokens" . | nindent 2 }}
  {{- include "credence.container.env" . | nindent 2 }}
{{- with include "credence.container.envFrom" . }}
envFrom: {{- . | nindent 2 }}
{{- end }}
ports:
  - {name: http, containerPort: 8080, protocol: TCP}
startupProbe: {httpGet: {path: /v2/health/live, port: 8080}, periodSeconds: 1, failureThreshold: 120}
readinessProbe: {httpGet: {path: /v2/health/ready, port: 8080}, periodSeconds: 2, timeoutSeconds: 5}
livenessProbe: {httpGet: {path: /v2/health/live, port: 8080}, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6}
resources: {{- toYaml $predictor.resources | nindent 2 }}
volumeMounts:
  {{- include "credence.container.mounts" . | nindent 2 }}
  - {name: log, mountPath: /var/log/credence}
{{- end }}

{{- define "credence.predictor.volumes" -}}
{{ include "credence.pod.volumes" . }}
- name: log
  emptyDir: {sizeLimit: {{ add .Values.serving.predictor.logMegabytes 128 }}Mi}
{{- end }}

{{- define "credence.explainer.container" -}}
{{ include "credence.container.image" (list . "explainer") }}
command: [python, -m, serving.explainer]
ports:
  - {name: http, containerPort: 8080, protocol: TCP}
startupProbe: {httpGet: {path: /v2/health/live, port: 8080}, periodSeconds: 2, failureThreshold: 90}
readinessProbe: {httpGet: {path: /v2/health/ready, port: 8080}, periodSeconds: 5, timeoutSeconds: 5}
livenessProbe: {httpGet: {path: /v2/health/live, port: 8080}, periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 6}
# it stops listening at once when it is told to end: callers are given the time to go elsewhere
lifecycle: {preStop: {sleep: {seconds: 10}}}
resources: {{- toYaml .Values.serving.explainer.resources | nindent 2 }}
{{- with include "credence.container.envFrom" . }}
envFrom: {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "credence.explainer.env" -}}
- {name: CREDENCE_MODELS, value: /mnt/models}
- {name: CREDENCE_MODEL_NAME, value: {{ .Values.serving.name | quote }}}
- {name: CREDENCE_HOST, value: "::"}
- {name: CREDENCE_EXPLAINER_PORT, value: "8080"}
{{ include "credence.servers.env" . }}
- {name: CREDENCE_UNKNOWN, value: {{ .Values.serving.unknown }}}
- {name: CREDENCE_HISTORY_DAYS, value: {{ .Values.serving.historyDays | quote }}}
{{- include "credence.container.env" . }}
{{- end }}

{{- /* What fetches a version into /mnt/models. */ -}}
{{- define "credence.initializer" -}}
{{ include "credence.container.image" (list . "predictor") }}
command: [python, -m, serving.initializer]
env:
  - {name: CREDENCE_MLFLOW_URL, value: {{ include "credence.mlflow.url" . | quote }}}
  {{- include "credence.container.env" . | nindent 2 }}
{{- with include "credence.logins" (list . "mlflow") }}
envFrom: {{- . | nindent 2 }}
{{- end }}
resources: {{- toYaml .Values.serving.initializer.resources | nindent 2 }}
{{- end }}

{{- define "credence.storage.version" -}}
{{ include "credence.storage" . }}credit-default/${version}
{{- end }}

{{- /* Of (list $ component): of a pod that serves, all but its containers and volumes. */ -}}
{{- define "credence.serving.pod" -}}
{{- $root := index . 0 -}}
{{ include "credence.pod" . }}
{{- include "credence.pod.affinity" $root }}
automountServiceAccountToken: false
# to say goodbye for some seconds, and to ship what is left of the log
terminationGracePeriodSeconds: 30
{{- $selector := dict "matchLabels" (include "credence.selector" . | fromYaml) }}
topologySpreadConstraints:
  {{- range $root.Values.serving.topologySpreadConstraints }}
  - {{- merge (deepCopy .) (dict "labelSelector" $selector) | toYaml | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "credence.serving.strategy" -}}
type: RollingUpdate
rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
{{- end }}
