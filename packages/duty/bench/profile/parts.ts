/** A CPU profile as the inspector of Node answers it; times are microseconds. */
export interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** The time before each sample. */
  readonly timeDeltas: readonly number[];
}

/** Parts of the main thread of a service, in the order of the page. */
export const PARTS = ['HTTP', 'rules', 'store', 'ledger', 'garbage collection', 'rest'] as const;
export type Part = (typeof PARTS)[number];

/** Microseconds of each part, and those in which the thread waited for work. */
export type Shares = Readonly<Record<Part | 'idle', number>>;

/** The first frame from the top of a stack that one of these matches says which part a sample is of. */
const PLACES: readonly (readonly [RegExp, Part])[] = [
  [/\/packages\/duty\/src\/store\//, 'store'],
  [/\/node_modules\/@(?:connectrpc|bufbuild)\//, 'store'],
  [/^node:(?:internal\/)?http2/, 'store'],
  [/\/packages\/duty\/src\/service\/ledger\//, 'ledger'],
  [/\/packages\/duty\/src\/service\/http\//, 'HTTP'],
  [/\/packages\/duty\//, 'rules'],
  [/\/node_modules\//, 'HTTP'],
  [/^node:_http/, 'HTTP'],
];
const ENGINE: ReadonlyMap<string, Part | 'idle'> = new Map([
  ['(garbage collector)', 'garbage collection'],
  ['(idle)', 'idle'],
]);

/**
 * How the time of a thread divides among the parts, also time in which it waited for a disk or a core.
 * Frames of the engine, of sockets and of `packages/kit` count for their caller.
 */
export function sharesOf({ nodes, samples, timeDeltas }: Profile): Shares {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const callerOf = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const shares: Record<Part | 'idle', number> = {
    ...(Object.fromEntries(PARTS.map((part) => [part, 0])) as Record<Part, number>),
    idle: 0,
  };
  const known = new Map<number, Part | 'idle'>();
  const partOf = (id: number | undefined): Part | 'idle' => {
    const frame = id === undefined ? undefined : byId.get(id)?.callFrame;
    if (id === undefined || frame === undefined) return 'rest';
    const part =
      known.get(id) ??
      ENGINE.get(frame.functionName) ??
      PLACES.find(([place]) => place.test(frame.url))?.[1] ??
      partOf(callerOf.get(id));
    known.set(id, part);
    return part;
  };
  for (const [index, id] of samples.entries()) shares[partOf(id)] += timeDeltas[index] ?? 0;
  return shares;
}
