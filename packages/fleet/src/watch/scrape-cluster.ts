import { MARKS } from '../file/graph/index.ts';
import type { ClusterPlace } from '../file/normalise/index.ts';

type ClusterPlaceName = Pick<ClusterPlace, 'name' | 'namespace'>;

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Pods of the network by their labels. Identical nodes of a pool are named by their pods. */
export function podsJob(
  network: string,
  { name: place, namespace }: ClusterPlaceName,
): Record<string, unknown> {
  const label = (name: string) => `__meta_kubernetes_pod_label_${name.replace(/[^a-zA-Z0-9_]/g, '_')}`;
  const from = (source: string, target: string) => ({
    source_labels: [source],
    regex: '(.+)',
    target_label: target,
  });
  return {
    job_name: 'nodes',
    kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: [namespace] } }],
    relabel_configs: [
      { source_labels: [label(MARKS.network)], regex: network, action: 'keep' },
      {
        source_labels: ['__meta_kubernetes_pod_container_port_name'],
        regex: '(relay-)?metrics',
        action: 'keep',
      },
      from(label(MARKS.network), 'network'),
      from(label(MARKS.pool), 'pool'),
      from(label(MARKS.role), 'role'),
      from('__meta_kubernetes_pod_name', 'instance'),
      from(label(MARKS.node), 'instance'),
      // The relay chain inside a collator is read apart from its own.
      from('__meta_kubernetes_pod_container_port_name', 'endpoint'),
      { target_label: 'place', replacement: place },
    ],
  };
}

/**
 * The use of the namespace's volumes, from the kubelets themselves; their other series are dropped. The token
 * goes only to kubelets with a certificate of the cluster. The right is `get` on `nodes/metrics`, which
 * allows no more than this; going through the API server would need `nodes/proxy`, which does.
 */
export function kubeletsJob(
  network: string,
  { name: place, namespace }: ClusterPlaceName,
): Record<string, unknown> {
  return {
    job_name: 'kubelets',
    scheme: 'https',
    authorization: { credentials_file: `${ACCOUNT}/token` },
    tls_config: { ca_file: `${ACCOUNT}/ca.crt` },
    kubernetes_sd_configs: [{ role: 'node' }],
    relabel_configs: [
      { target_label: 'network', replacement: network },
      { target_label: 'place', replacement: place },
    ],
    metric_relabel_configs: [
      {
        source_labels: ['__name__', 'namespace'],
        regex: `kubelet_volume_stats_(available|capacity|used)_bytes;${namespace}`,
        action: 'keep',
      },
    ],
  };
}
