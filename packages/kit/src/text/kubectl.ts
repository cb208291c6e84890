import { shellWord } from '../ssh/shell-word.ts';

/** The target of a line of kubectl. If the context is null, only the kubeconfig names it. */
export interface KubectlPlace {
  readonly context: string | null;
  readonly namespace?: string;
}

/**
 * A line of kubectl for a person to copy, always with its context: without one it would work on the cluster
 * that is current by chance. `CONTEXT` stands for one that the file leaves to the kubeconfig. A context with
 * other characters, for example `my cluster`, is put in quotes.
 */
export function kubectlLine({ context, namespace }: KubectlPlace, ...words: readonly string[]): string {
  const where = [
    '--context',
    context ?? 'CONTEXT',
    ...(namespace === undefined ? [] : ['--namespace', namespace]),
  ];
  return ['kubectl', ...where, ...words].map(shellWord).join(' ');
}
