{{/* The name of the release is that of the services; DNS and labels limit it. */}}
{{- define "watchbill.check" -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]{0,18}[a-z0-9])?$" .Release.Name) }}
{{- fail (printf "the release must have at most 20 small letters, digits and dashes, and begin with a letter, for example watch; got %s" .Release.Name) }}
{{- end }}
{{- end }}

{{/* true if every endpoint of etcd is an IP address. */}}
{{- define "watchbill.byAddress" -}}
{{- $all := true -}}
{{- range .Values.store.endpoints -}}
{{- if not (regexMatch "^(https?://)?([0-9]+([.][0-9]+){3}|\\[[0-9a-fA-F:.]+\\]):[0-9]+$" .) -}}
{{- $all = false -}}
{{- end -}}
{{- end -}}
{{- $all -}}
{{- end }}

{{/* A peer of a NetworkPolicy for each address of etcd. */}}
{{- define "watchbill.storePeers" -}}
{{- $seen := list }}
{{- range .Values.store.endpoints }}
{{- $host := regexReplaceAll "^(?:https?://)?\\[?([^\\]]*?)\\]?:[0-9]+$" . "${1}" }}
{{- if not (has $host $seen) }}
{{- $seen = append $seen $host }}
- ipBlock:
    cidr: {{ printf "%s/%d" $host (ternary 128 32 (contains ":" $host)) | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* The ports of etcd, each once. */}}
{{- define "watchbill.storePorts" -}}
{{- $ports := list }}
{{- range .Values.store.endpoints }}
{{- $ports = append $ports (regexFind "[0-9]+$" . | atoi | printf "%05d") }}
{{- end }}
{{- range $ports | uniq | sortAlpha }}
- protocol: TCP
  port: {{ . | atoi }}
{{- end }}
{{- end }}
