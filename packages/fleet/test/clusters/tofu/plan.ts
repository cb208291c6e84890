import type { TofuGround } from './ground.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** What a plan would make, by `TYPE.NAME` or `TYPE.NAME[KEY]`; what is known only after it is missing. */
export interface Planned {
  readonly resources: ReadonlyMap<string, Fields>;
  /** The names that an argument of a resource refers to. */
  readonly references: (resource: string, argument: string) => readonly string[];
}

interface PlanJson {
  readonly planned_values: {
    readonly root_module: {
      readonly resources: readonly {
        readonly address: string;
        readonly mode: string;
        readonly values: Fields;
      }[];
    };
  };
  readonly configuration: {
    readonly root_module: {
      readonly resources: readonly { readonly address: string; readonly expressions: Fields }[];
    };
  };
}

/** Plans into an empty cloud. */
export async function plannedOf(ground: TofuGround): Promise<Planned> {
  for (const args of [['get'], ['plan', '-input=false', '-out=plan']]) await ground.ends(0, ...args);
  const { stdout } = await ground.tofu('show', '-json', 'plan');
  const plan = JSON.parse(stdout) as PlanJson;
  const made = plan.planned_values.root_module.resources.filter(({ mode }) => mode === 'managed');
  const written = plan.configuration.root_module.resources;
  return {
    resources: new Map(made.map(({ address, values }) => [address, values])),
    references: (resource, argument) => {
      const found = written.find(({ address }) => address === resource)?.expressions ?? {};
      return [...JSON.stringify(found[argument] ?? null).matchAll(/"([a-z_]+(?:\.[a-z_]+)+)"/g)].map(
        ([, name = '']) => name,
      );
    },
  };
}

/** The only block of its name. */
export const block = (fields: Fields, name: string): Fields =>
  (fields[name] as readonly Fields[] | undefined)?.[0] ?? {};
