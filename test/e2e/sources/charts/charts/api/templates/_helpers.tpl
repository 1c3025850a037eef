{{- define "api.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- end }}
{{- define "api.pod" -}}
restartPolicy: {{ .restart }}
securityContext:
  runAsNonRoot: true
  seccompProfile: { type: RuntimeDefault }
containers:
  - name: {{ .name }}
    image: {{ include "api.image" .root | quote }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    envFrom: [{ secretRef: { name: {{ .root.Release.Name }}-secrets } }]
    securityContext:
      allowPrivilegeEscalation: false
      capabilities: { drop: [ALL] }
{{- end }}
