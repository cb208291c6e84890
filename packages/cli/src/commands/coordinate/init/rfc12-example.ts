import { join, relative, resolve } from 'node:path';
import type { Runtime } from '@watchbill/coordinate';
import { freePorts } from '@watchbill/fleet/ports';
import { stringify } from 'yaml';
import { print } from '../../../output/print.ts';
import type { Io } from '../../../process/io.ts';
import { carryOut, type PlannedFile, refuseExisting } from '../../init/plan.ts';
import { hex } from '../group-document.ts';
import { DEFAULT_CONFIG } from '../operator-config.ts';
import { chainOf, DEV_CHAIN_FILE, GROUP_FILE, NAMES } from './example.ts';
import { operatorYaml } from './files.ts';
import type { InitFlags } from './key.ts';

/** A window every 45 blocks: with blocks of a second, one every 45 seconds. */
const PRACTICE_SCALE = 20;

/** One operator of the example. */
interface Example {
  readonly home: string;
  readonly operator: string;
  readonly listen: string;
  readonly httpPort: number;
  readonly key: PlannedFile;
}

/** Four operators of one wallet in four folders, their group file, and a dev chain unless a node is named. */
export async function initRfc12Example(
  io: Io,
  runtime: Runtime,
  options: InitFlags,
  folder: string,
): Promise<void> {
  const dir = resolve(io.cwd, folder);
  const homes = NAMES.map((name) => join(dir, name));
  refuseExisting([join(dir, GROUP_FILE), join(dir, DEV_CHAIN_FILE), ...homes]);
  const [chainPort = 0, ...ports] = await freePorts(1 + 2 * NAMES.length);
  const chain = await chainOf(io, runtime, { dir, port: chainPort, options });
  const operators = homes.map((home, place): Example => {
    const [port = 0, httpPort = 0] = ports.slice(2 * place);
    return { home, listen: `/ip4/127.0.0.1/tcp/${port}`, httpPort, ...newOperator(runtime, home) };
  });
  const document = runtime.rfc12GroupSchema.parse({
    format: runtime.RFC12_GROUP_FORMAT,
    name: 'demo',
    genesis: chain.genesis,
    // A wallet that holds nothing: only its public half is kept.
    wallet: hex(runtime.newOperatorKey('secp256k1').publicKey),
    operators: operators.map(({ operator }) => operator),
    addresses: Object.fromEntries(operators.map(({ listen, operator }) => [operator, [listen]])),
    practiceScale: PRACTICE_SCALE,
    // Sweeps are due in each window, so that a short run shows some.
    era: '2026',
  });
  const configs = operators.map(({ home, httpPort, listen }): PlannedFile => {
    const text = operatorYaml({ group: `../${GROUP_FILE}`, listen, chain: chain.url, httpPort });
    return { path: join(home, DEFAULT_CONFIG), text, mode: 0o644 };
  });
  const groupFile: PlannedFile = { path: join(dir, GROUP_FILE), text: stringify(document), mode: 0o644 };
  const keys = operators.map(({ key }) => key);
  carryOut({ folders: [], files: [groupFile, ...chain.files, ...keys, ...configs] });
  const at = (...path: readonly string[]): string => relative(io.cwd, join(dir, ...path)) || '.';
  const commands = [
    ...(chain.files.length > 0 ? [`watchbill coordinate dev-chain ${at(DEV_CHAIN_FILE)}`] : []),
    ...NAMES.map((name) => `watchbill coordinate run --profile rfc12 --config ${at(name, DEFAULT_CONFIG)}`),
  ];
  const list = commands.map((line) => `  ${line}\n`).join('');
  print(
    io,
    options.json,
    {
      folder: dir,
      operators: operators.map(({ operator }) => operator),
      practiceScale: PRACTICE_SCALE,
      commands,
    },
    () =>
      `made the wallet group demo in ${at()}: ${GROUP_FILE} and a folder for each of ${NAMES.join(', ')}\nits blocks are those of RFC 12 divided by ${PRACTICE_SCALE}: for practice only\n\nrun each of these in a separate terminal:\n${list}`,
  );
}

function newOperator(runtime: Runtime, home: string): Pick<Example, 'operator' | 'key'> {
  const { secret } = runtime.newOperatorSecret('secp256k1');
  const operator = runtime.operatorOf(secret);
  const text = `secp256k1 0x${Buffer.from(secret).toString('hex')}\n`;
  secret.fill(0);
  return { operator, key: { path: join(home, 'operator.key'), text, mode: 0o600 } };
}
