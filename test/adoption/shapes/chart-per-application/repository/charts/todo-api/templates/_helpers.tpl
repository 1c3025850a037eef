{{- define "todo-api.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- end }}
