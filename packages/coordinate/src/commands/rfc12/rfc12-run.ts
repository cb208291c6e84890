import type { NodeRpc } from '@watchbill/chain';
import { messageOf, usageFault } from '@watchbill/kit';
import type { Runtime } from '../../index.ts';
import type { Rfc12Setup } from './setup.ts';

type Settings = Parameters<Runtime['runRfc12Member']>[0];
type Line = Parameters<Settings['say']>[0];

/** Runs one operator of a wallet until the signal ends. */
export async function runRfc12(
  runtime: Runtime,
  setup: Rfc12Setup,
  nodes: readonly [NodeRpc, ...NodeRpc[]],
  say: Settings['say'],
  signal: AbortSignal,
): Promise<void> {
  const { document, execute, file, generate, secret } = setup;
  const { chain, drainTimeoutMs, http, keepWindows, rfc12, stateDir, transport } = document.value;
  const { pollMs, stallMs, timeoutMs } = chain;
  try {
    await runtime.runRfc12Member({
      ...{ file, secret, nodes, generate, execute, say, signal },
      follow: { pollMs, timeoutMs, stallMs },
      stateFolder: stateDir,
      retention: { keepWindows, keepEvidenceFiles: 0 },
      openChannel: opener(setup),
      listen: transport.listen === undefined ? [] : [transport.listen],
      retransmission: rfc12.retransmission,
      http: http.serve ? { host: http.host, port: http.port } : null,
      limits: { drainTimeoutMs },
      opened: ({ peerId }, url) => {
        for (const line of startLines(setup, peerId, url)) say(line);
      },
    });
  } finally {
    secret.fill(0);
  }
}

function opener({ document }: Rfc12Setup): Settings['openChannel'] {
  return async (settings) => {
    try {
      const { openChannel } = await import('../../transport/channel/index.ts');
      return await openChannel(settings);
    } catch (error) {
      const text = messageOf(error);
      throw usageFault(
        `the channel cannot be opened: ${text}`,
        'check that the address is free and of this machine, and that the addresses of the group are right',
        document.whereIs(['transport', 'listen']),
      );
    }
  };
}

function startLines(
  { execute, file, operator }: Rfc12Setup,
  peerId: string,
  url: string | null,
): readonly Line[] {
  const { channel, group, name, times } = file;
  const seats = group.operators.flatMap((each, place) => (each === operator ? [place + 1] : []));
  const status = url === null ? 'no status is served' : `page at ${url}`;
  const text = `${operator}, seats ${seats.join(', ')} of ${group.operators.length} in the group ${name}, peer ${peerId}: ${status}`;
  const fields = { operator, seats, peerId, channel, ...(url === null ? {} : { url }) };
  const lines: Line[] = [{ event: 'started', text, isWarning: false, fields }];
  const { frequencyBlocks, activeBlocks } = times.windows;
  if (times.scale !== 1) {
    const scaled = `practice: every count of blocks is divided by ${times.scale}, so a window comes every ${frequencyBlocks} blocks and has ${activeBlocks} active ones; keep-core has 900 and 80`;
    lines.push({ event: 'practice', text: scaled, isWarning: true, fields: { practiceScale: times.scale } });
  }
  const carried =
    execute === null ? 'agreed actions are recorded, not carried out' : 'rfc12.execute carries actions out';
  const missing = `no threshold signing, no Bitcoin, no stake: this process agrees on actions; ${carried}`;
  return [...lines, { event: 'scope', text: missing, isWarning: false, fields: {} }];
}
