{{- /* Mode kserve: what promotion applies, with the version in place of ${version}. */ -}}
{{- define "credence.inferenceservice" -}}
{{- $serving := .Values.serving -}}
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: {{ $serving.name | quote }}
  namespace: {{ .Release.Namespace | quote }}
  labels:
    app.kubernetes.io/name: credence
    app.kubernetes.io/instance: {{ .Release.Name | quote }}
    app.kubernetes.io/managed-by: credence
  annotations:
    credence/version: "${version}"
    serving.kserve.io/deploymentMode: Standard
    serving.kserve.io/autoscalerClass: none
    {{- with .Values.pods.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  predictor:
    minReplicas: {{ $serving.predictor.replicas }}
    labels:
      app.kubernetes.io/component: predictor
      {{- with .Values.pods.labels }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    deploymentStrategy: {{- include "credence.serving.strategy" . | nindent 6 }}
    {{- include "credence.serving.pod" (list . "predictor") | nindent 4 }}
    model:
      modelFormat: {name: credence}
      runtime: {{ include "credence.fullname" . }}
      storageUri: {{ include "credence.storage.version" . | quote }}
      # the runtime's own, said again because KServe fills in its defaults first
      resources: {{- toYaml $serving.predictor.resources | nindent 8 }}
  explainer:
    minReplicas: {{ $serving.explainer.replicas }}
    labels:
      app.kubernetes.io/component: explainer
      {{- with .Values.pods.labels }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    deploymentStrategy: {{- include "credence.serving.strategy" . | nindent 6 }}
    {{- include "credence.serving.pod" (list . "explainer") | nindent 4 }}
    containers:
      - name: kserve-container
        {{- include "credence.explainer.container" . | nindent 8 }}
        env:
          - {name: STORAGE_URI, value: {{ include "credence.storage.version" . | quote }}}
          {{- include "credence.explainer.env" . | nindent 10 }}
        volumeMounts: {{- include "credence.container.mounts" . | nindent 10 }}
    volumes: {{- include "credence.pod.volumes" . | nindent 6 }}
{{- end }}
