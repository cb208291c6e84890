import { resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import { faultOf } from '@watchbill/kit/command/fault-text';
import type { Io } from '@watchbill/kit/command/io';
import type { ScaleFlags } from './scale-command.ts';

type Urls = Readonly<Record<string, string>>;

/** Addresses of the signers that the flags name, or that run on this machine. */
export async function urlsOf(io: Io, options: ScaleFlags, signers: readonly string[]): Promise<Urls> {
  return { ...(await localUrls(io, options)), ...namedUrls(options.node, signers) };
}

/** `NAME=URL`, or a URL alone if one signer is removed. */
function namedUrls(given: readonly string[], signers: readonly string[]): Urls {
  const urls: Record<string, string> = {};
  for (const text of given) {
    const [, name, url] = /^(?:([a-z0-9-]+)=)?((?:ws|wss|http|https):\/\/\S+)$/.exec(text) ?? [];
    const only = signers.length === 1 ? signers[0] : undefined;
    const meant = name ?? only;
    if (url === undefined || meant === undefined)
      throw usageFault(
        `${text} does not say which node is where`,
        'write NAME=ws://127.0.0.1:9944',
        'flag --node',
      );
    if (!signers.includes(meant))
      throw usageFault(
        `${meant} is not a signer that this change removes`,
        `one of ${signers.join(', ')}`,
        'flag --node',
      );
    urls[meant] = url;
  }
  return urls;
}

async function localUrls(io: Io, { local }: ScaleFlags): Promise<Urls> {
  if (local === undefined) return {};
  const { connectLocal, LocalFault } = await import('../../lab/local/index.ts');
  try {
    const control = await connectLocal(resolve(io.cwd, local));
    try {
      return Object.fromEntries((await control.nodes()).map(({ name, rpcUrl }) => [name, rpcUrl]));
    } finally {
      control.close();
    }
  } catch (error) {
    if (error instanceof LocalFault) throw faultOf('local', error, local);
    throw error;
  }
}
