import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findEtcd } from '../etcd/index.ts';

/** Paths of the programs that the builds of Kubernetes (in fleet) and of etcd made. */
export interface KubernetesPrograms {
  readonly etcd: string;
  readonly apiServer: string;
  readonly controllerManager: string;
  readonly scheduler: string;
  readonly kwok: string;
  readonly kubeconform: string;
  readonly helm: string;
}

export type FoundKubernetes =
  | { readonly found: true; readonly programs: KubernetesPrograms }
  /** `why` names the command to run. */
  | { readonly found: false; readonly why: string };

const BUILD = fileURLToPath(new URL('../../../fleet/scripts/kubernetes/build.mjs', import.meta.url));
const TIMEOUT_MS = 60_000;

/** The paths of the programs of a control plane, or the reason why they are missing. */
export function findKubernetes(): FoundKubernetes {
  const etcd = findEtcd('v3.6');
  if (!etcd.found) return etcd;
  const folders = builtFolders();
  if (folders === null)
    return {
      found: false,
      why: 'the Kubernetes control plane is not built yet; run: node packages/fleet/scripts/kubernetes/build.mjs',
    };
  const of = (part: string, program: string): string => join(folders.get(part) ?? '', program);
  return {
    found: true,
    programs: {
      etcd: etcd.etcd,
      apiServer: of('kubernetes', 'kube-apiserver'),
      controllerManager: of('kubernetes', 'kube-controller-manager'),
      scheduler: of('kubernetes', 'kube-scheduler'),
      kwok: of('kwok', 'kwok'),
      kubeconform: of('kubeconform', 'kubeconform'),
      helm: of('helm', 'helm'),
    },
  };
}

function builtFolders(): ReadonlyMap<string, string> | null {
  try {
    const text = execFileSync(process.execPath, [BUILD, '--where'], {
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const lines = text.split('\n').filter((line) => line !== '');
    return new Map(
      lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
    );
  } catch {
    return null;
  }
}
