import type { NodeAccess } from '../../run/access/index.ts';
import { AccessFault, clusterAccess } from '../../run/access/index.ts';
import { ExporterFault } from './exporter-fault.ts';
import type { Target } from './target.ts';

/** Targets that can be asked, and the connections to them. */
export interface Ways {
  readonly targets: readonly Target[];
  readonly close: () => void;
}

const OPEN_MS = 30_000;

/**
 * A connection to each node that is asked through its cluster: a port of this machine's loopback that leads
 * to the loopback of its pod. It survives a new pod, because each TCP connection is forwarded separately; a
 * missing pod shows when it is asked. Throws an {@link ExporterFault} if the kubeconfig is unusable.
 */
export async function openWays(
  targets: readonly Target[],
  kubeconfigFile: string | null,
  access: typeof clusterAccess = clusterAccess,
): Promise<Ways> {
  const open: (() => void)[] = [];
  const close = (): void => {
    for (const one of open) one();
  };
  const reached: Target[] = [];
  try {
    for (const target of targets) {
      if (target.pod === null) reached.push(target);
      else {
        const node = await access({ ...target.pod, kubeconfigFile });
        open.push(node.close);
        const way = await forwarded(node);
        open.push(way.close);
        reached.push({ ...target, url: `ws://${way.address}` });
      }
    }
  } catch (error) {
    close();
    if (!(error instanceof AccessFault)) throw error;
    throw new ExporterFault('cluster', error.message, error.remedy, error);
  }
  return { targets: reached, close };
}

function forwarded(node: NodeAccess) {
  return node.forward(AbortSignal.timeout(OPEN_MS));
}
