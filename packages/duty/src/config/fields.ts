import { anatomyOf } from '@watchbill/kit/command/command';
import type { z } from 'zod';
import { configSchema } from './schema.ts';

/** One value of the configuration, as the file, the environment and a flag name it. */
export type Field = Readonly<ReturnType<typeof field>>;

const SECRET = /(^|\.)(keyFile|passwordFile|tokenFile)$/;
const PATH = /(File|Dir|\.path|\.socket)$/;

interface Place {
  readonly path: readonly string[];
  readonly shape: z.ZodType;
  readonly isSection: boolean;
}

/** Every section and value below an object, in the order of the schema. */
function* below(object: z.ZodObject, parent: readonly string[]): Generator<Place> {
  for (const [name, shape] of Object.entries(object.shape as Record<string, z.ZodType>)) {
    const path = [...parent, name];
    const { one } = anatomyOf(shape);
    yield { path, shape, isSection: one.type === 'object' };
    if (one.type === 'object') yield* below(one as z.ZodObject, path);
  }
}

const ALL = [...below(configSchema, [])];

/** Every value of the configuration, in the order of the schema. */
export const FIELDS: readonly Field[] = ALL.filter(({ isSection }) => !isSection).map(field);

/** Every section (`service`, `service.listen`) with its description. */
export const SECTIONS = ALL.filter(({ isSection }) => isSection).map(({ path, shape }) => ({
  path: path.join('.'),
  description: shape.description ?? '',
}));

function field({ path, shape }: Place) {
  const { one, choices, fallback, isArray } = anatomyOf(shape);
  const { minValue, maxValue } = one as z.ZodNumber;
  const dotted = path.join('.');
  const words = path.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toLowerCase()).join('_');
  return {
    /** `service.listen.port` */
    path: dotted,
    /** `WATCHBILL_SERVICE_LISTEN_PORT` */
    env: `WATCHBILL_${words.toUpperCase()}`,
    /** `--service-listen-port` */
    flag: `--${words.replaceAll('_', '-')}`,
    kind: isArray ? ('list' as const) : one.type === 'number' ? ('number' as const) : ('text' as const),
    /** True where the value names a file or folder; relative ones are read from the folder of the file. */
    isPath: PATH.test(dotted),
    /** True where the named file holds a secret. */
    isSecretFile: SECRET.test(dotted),
    choices: choices ?? [],
    range: one.type === 'number' ? `${minValue} to ${maxValue}` : null,
    default: fallback,
    description: shape.description ?? '',
  };
}
