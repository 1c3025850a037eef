{{- define "library.image" -}}
{{- $global := .Values.global.image -}}
{{- $image := .Values.image -}}
{{- printf "%s/%s:%s" (default $global.registry $image.registry) $image.repository (default $global.tag $image.tag) -}}
{{- end }}

{{- define "library.metadata" -}}
name: {{ .Chart.Name }}
namespace: {{ .Values.global.namespace }}
{{- end }}
