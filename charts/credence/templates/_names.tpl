{{- /* Names, labels, addresses and images: what more than one template calls something. */ -}}

{{- /* A Service's name begins with a letter; a release's name may begin with a digit. */ -}}
{{- define "credence.fullname" -}}
{{- $name := .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- if regexMatch "^[0-9]" $name -}}
{{- printf "credence-%s" ($name | trunc 31 | trimSuffix "-") -}}
{{- else -}}
{{- contains "credence" $name | ternary $name (printf "%s-credence" ($name | trunc 31 | trimSuffix "-")) -}}
{{- end -}}
{{- end }}

{{- /* Of (list $ component): what selects its pods, and never changes. */ -}}
{{- define "credence.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: credence
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- /* Of (list $ component): the labels of an object. */ -}}
{{- define "credence.labels" -}}
{{- $root := index . 0 -}}
{{ include "credence.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
{{- end }}

{{- /* Of (list $ component): name, namespace and labels of an object that is called after its component. */ -}}
{{- define "credence.metadata" -}}
{{- $root := index . 0 -}}
name: {{ include "credence.fullname" $root }}-{{ index . 1 }}
namespace: {{ $root.Release.Namespace | quote }}
labels:
  {{- include "credence.labels" . | nindent 2 }}
{{- end }}

{{- define "credence.tokens" -}}
{{ .Values.tokens.existingSecret | default (printf "%s-tokens" (include "credence.fullname" .)) }}
{{- end }}

{{- define "credence.mlflow.url" -}}
{{ .Values.mlflow.url | trimSuffix "/" | default (printf "http://%s-mlflow:5000" (include "credence.fullname" .)) }}
{{- end }}

{{- define "credence.prefect.url" -}}
{{ .Values.prefect.url | trimSuffix "/" | default (printf "http://%s-prefect:4200" (include "credence.fullname" .)) }}
{{- end }}

{{- define "credence.monitor.url" -}}
{{ .Values.monitor.enabled | ternary (printf "http://%s-monitor:8090" (include "credence.fullname" .)) "" }}
{{- end }}

{{- /* Where a browser finds the pages, for links; empty is where programs find them. */ -}}
{{- define "credence.mlflow.external" -}}
{{ .Values.mlflow.externalUrl | trimSuffix "/" }}
{{- end }}

{{- define "credence.prefect.external" -}}
{{ .Values.prefect.externalUrl | trimSuffix "/" }}
{{- end }}

{{- define "credence.monitor.external" -}}
{{- $host := .Values.gateway.enabled | ternary .Values.gateway.hosts.review "" -}}
{{- $route := or (empty $host) (contains "*" $host) | ternary "" (printf "https://%s" $host) -}}
{{ .Values.monitor.externalUrl | trimSuffix "/" | default $route }}
{{- end }}

{{- /* What a version's address begins with: a release of its own in a namespace of its own. */ -}}
{{- define "credence.storage" -}}
mlflow://{{ .Release.Name }}.{{ .Release.Namespace }}/
{{- end }}

{{- /* Of (list $ image): its reference, by digest where one is given. */ -}}
{{- define "credence.image" -}}
{{- $root := index . 0 -}}
{{- $image := index $root.Values.image (index . 1) -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- /* Every name that MLflow may be asked by, with and without port. */ -}}
{{- define "credence.mlflow.hosts" -}}
{{- $name := printf "%s-mlflow" (include "credence.fullname" .) -}}
{{- $namespace := .Release.Namespace -}}
{{- $hosts := list "localhost" "localhost:*" "127.0.0.1" "127.0.0.1:*" -}}
{{- range list "" (printf ".%s" $namespace) (printf ".%s.svc" $namespace) (printf ".%s.svc.%s" $namespace .Values.clusterDomain) -}}
{{- $hosts = concat $hosts (list (print $name .) (print $name . ":5000")) -}}
{{- end -}}
{{- with include "credence.mlflow.external" . }}
{{- $hosts = append $hosts (urlParse .).host -}}
{{- end -}}
{{- join "," (concat $hosts .Values.mlflow.allowedHosts) -}}
{{- end }}
