{{- /* Mode deployment: what promotion applies, with the version in place of ${version}. */ -}}
{{- define "credence.deployments" -}}
{{- $serving := .Values.serving -}}
{{- range $index, $component := list "predictor" "explainer" }}
{{- if $index }}
---
{{- end }}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "credence.serving.metadata" (list $ $component) | nindent 2 }}
  annotations: {credence/version: "${version}"}
spec:
  replicas: {{ index $serving $component "replicas" }}
  strategy: {{- include "credence.serving.strategy" $ | nindent 4 }}
  progressDeadlineSeconds: {{ $.Values.promotion.deploySeconds | int64 }}
  selector:
    matchLabels: {{- include "credence.selector" (list $ $component) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "credence.selector" (list $ $component) | nindent 8 }}
        {{- with $.Values.pods.labels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        credence/version: "${version}"
        {{- with $.Values.pods.annotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "credence.serving.pod" (list $ $component) | nindent 6 }}
      initContainers:
        - name: storage-initializer
          {{- include "credence.initializer" $ | nindent 10 }}
          args: [{{ include "credence.storage.version" $ | quote }}, /mnt/models]
          volumeMounts:
            {{- include "credence.container.mounts" $ | nindent 12 }}
            - {name: models, mountPath: /mnt/models}
      containers:
        - name: {{ $component }}
          {{- if eq $component "predictor" }}
          {{- include "credence.predictor.container" $ | nindent 10 }}
            - {name: models, mountPath: /mnt/models, readOnly: true}
          {{- else }}
          {{- include "credence.explainer.container" $ | nindent 10 }}
          env:
            {{- include "credence.explainer.env" $ | nindent 12 }}
          volumeMounts:
            {{- include "credence.container.mounts" $ | nindent 12 }}
            - {name: models, mountPath: /mnt/models, readOnly: true}
          {{- end }}
      volumes:
        {{- if eq $component "predictor" }}
        {{- include "credence.predictor.volumes" $ | nindent 8 }}
        {{- else }}
        {{- include "credence.pod.volumes" $ | nindent 8 }}
        {{- end }}
        - name: models
          emptyDir: {}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "credence.serving.metadata" (list $ $component) | nindent 2 }}
spec:
  selector: {{- include "credence.selector" (list $ $component) | nindent 4 }}
  ports:
    - {name: http, port: 80, targetPort: 8080, appProtocol: http}
{{- end }}
{{- end }}

{{- define "credence.serving.metadata" -}}
{{- $root := index . 0 -}}
name: {{ $root.Values.serving.name }}-{{ index . 1 }}
namespace: {{ $root.Release.Namespace | quote }}
labels:
  {{- include "credence.selector" . | nindent 2 }}
  app.kubernetes.io/managed-by: credence
{{- end }}
