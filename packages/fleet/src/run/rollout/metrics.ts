/**
 * Calls over RPC that a node answered since its start, by its Prometheus metrics; null if they do not show
 * it.
 */
export function rpcCallsOf(text: string): { readonly all: number; readonly failed: number } | null {
  let all = 0;
  let failed = 0;
  let isThere = false;
  for (const line of text.split('\n')) {
    const [, labels, value] = /^substrate_rpc_calls_finished\{([^}]*)\} (\S+)$/.exec(line) ?? [];
    if (/^# TYPE substrate_rpc_/.test(line)) isThere = true;
    if (labels === undefined || value === undefined) continue;
    isThere = true;
    const calls = Number(value);
    if (!Number.isFinite(calls)) return null;
    all += calls;
    if (/(^|,)is_error="true"/.test(labels)) failed += calls;
  }
  // A node without any calls yet lacks this series, but is still a node.
  return isThere || /^substrate_/m.test(text) ? { all, failed } : null;
}
