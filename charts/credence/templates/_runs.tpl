{{- /* What a run is told, and the Job that it is. */ -}}

{{- define "credence.run.settings" -}}
{{- $name := include "credence.fullname" . -}}
CREDENCE_SERVING: cluster
CREDENCE_NAMESPACE: {{ .Release.Namespace | quote }}
CREDENCE_FULLNAME: {{ $name }}
CREDENCE_SERVING_NAME: {{ .Values.serving.name | quote }}
CREDENCE_HOME: /var/lib/credence
CREDENCE_MLFLOW_URL: {{ include "credence.mlflow.url" . | quote }}
CREDENCE_PREFECT_URL: {{ include "credence.prefect.url" . | quote }}
CREDENCE_MONITOR_URL: http://{{ $name }}-monitor:8090 {{- /* where it is off, a run says that it was not told */}}
CREDENCE_MLFLOW_EXTERNAL_URL: {{ include "credence.mlflow.external" . | quote }}
CREDENCE_PREFECT_EXTERNAL_URL: {{ include "credence.prefect.external" . | quote }}
CREDENCE_MONITOR_EXTERNAL_URL: {{ include "credence.monitor.external" . | quote }}
CREDENCE_PREDICTOR_URL: http://{{ .Values.serving.name }}-predictor
CREDENCE_EXPLAINER_URL: http://{{ .Values.serving.name }}-explainer
CREDENCE_APPROVAL: {{ .Values.promotion.approval }}
CREDENCE_WATCH_SECONDS: {{ .Values.promotion.watchSeconds | quote }}
CREDENCE_DEPLOY_SECONDS: {{ .Values.promotion.deploySeconds | quote }}
CREDENCE_RETRAIN_CRON: {{ .Values.retraining.schedule | quote }}
PREFECT_API_URL: {{ include "credence.prefect.url" . }}/api
PREFECT_HOME: /tmp/prefect
PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: "false"
PREFECT_RESULTS_DEFAULT_SERIALIZER: json
DO_NOT_TRACK: "1"
MLFLOW_DISABLE_TELEMETRY: "true"
{{- end }}

{{- /* What is between {{ and }} in what this makes is Prefect's to fill in; it puts its own variables before ours. */ -}}
{{- define "credence.run.template" -}}
apiVersion: batch/v1
kind: Job
metadata:
  generateName: {{ "{{ name }}-" | quote }}
  namespace: {{ .Release.Namespace | quote }}
  labels: {{ "{{ labels }}" | quote }}
spec:
  backoffLimit: 0
  ttlSecondsAfterFinished: {{ .Values.runs.keepSeconds | int64 }}
  template:
    metadata:
      {{- include "credence.pod.metadata" (list . (include "credence.selector" (list . "run"))) | nindent 6 }}
    spec:
      restartPolicy: Never
      {{- include "credence.pod" (list . "run") | nindent 6 }}
      automountServiceAccountToken: true
      terminationGracePeriodSeconds: 60
      {{- include "credence.runs.affinity" . | nindent 6 }}
      containers:
        - name: prefect-job
          {{- include "credence.container.image" (list . "platform") | nindent 10 }}
          args: {{ "{{ command }}" | quote }}
          env:
            {{- include "credence.runs.tokens" . | nindent 12 }}
            {{- include "credence.container.env" . | nindent 12 }}
          envFrom:
            - configMapRef: {name: {{ include "credence.fullname" . }}-run-settings}
            {{- include "credence.logins" (list . "mlflow" "prefect") | nindent 12 }}
          resources: {{- toYaml .Values.runs.resources | nindent 12 }}
          volumeMounts: {{- include "credence.runs.mounts" . | nindent 12 }}
      volumes: {{- include "credence.runs.volumes" . | nindent 8 }}
{{- end }}
