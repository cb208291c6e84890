import { configJsonSchema } from './schema.ts';

/** One value of the configuration, as the file, the environment and a flag name it. */
export type Field = Readonly<ReturnType<typeof field>>;

interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Node>>;
}

const SECRET = /(^|\.)(keyFile|passwordFile|tokenFile)$/;
const PATH = /(File|Dir|\.path|\.socket)$/;

const KINDS: Readonly<Record<string, 'number' | 'list'>> = { integer: 'number', array: 'list' };

/** Every section and value below a node, in the order of the schema. */
function* below(
  node: Node,
  path: readonly string[],
): Generator<readonly [path: readonly string[], node: Node]> {
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const here = [...path, name];
    yield [here, child];
    yield* below(child, here);
  }
}

const ALL = [...below(configJsonSchema() as Node, [])];

/** Every value of the configuration, in the order of the schema. */
export const FIELDS: readonly Field[] = ALL.filter(([, { properties }]) => properties === undefined).map(
  ([path, node]) => field(node, path),
);

/** Every section (`service`, `service.listen`) with its description. */
export const SECTIONS = ALL.filter(([, { properties }]) => properties !== undefined).map(
  ([path, { description = '' }]) => ({ path: path.join('.'), description }),
);

function field(node: Node, path: readonly string[]) {
  const dotted = path.join('.');
  const words = path.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toLowerCase()).join('_');
  return {
    /** `service.listen.port` */
    path: dotted,
    /** `WATCHBILL_SERVICE_LISTEN_PORT` */
    env: `WATCHBILL_${words.toUpperCase()}`,
    /** `--service-listen-port` */
    flag: `--${words.replaceAll('_', '-')}`,
    kind: KINDS[node.type ?? 'string'] ?? 'text',
    /** True where the value names a file or folder; relative ones are read from the folder of the file. */
    isPath: PATH.test(dotted),
    /** True where the named file holds a secret. */
    isSecretFile: SECRET.test(dotted),
    choices: node.enum ?? [],
    range: node.minimum === undefined ? null : `${node.minimum} to ${node.maximum ?? 'any'}`,
    default: node.default,
    description: node.description ?? '',
  };
}
