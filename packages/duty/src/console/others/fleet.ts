import { counted } from '@watchbill/kit';
import { z } from 'zod';
import { longAge } from '../view/sentence.ts';
import type { Capability, Said } from './other-page.ts';

const names = z.array(z.string()).max(1_000);
const status = z.object({
  network: z.string(),
  /** Null if the last look is too old. */
  look: z
    .object({
      ageMs: z.number(),
      nodes: z.object({ asked: z.int(), answering: z.int(), silent: names }),
      signers: z.object({ expected: z.int(), inSet: z.int(), outside: names }),
    })
    .nullable(),
});

type FleetLook = NonNullable<z.output<typeof status>['look']>;

const MOST_NAMES = 3;

/** The exporter of a fleet: how many nodes answer, and how many signers are in the set of the chain. */
export const fleet: Capability = {
  paths: ['status'],
  say: ([first]): Said | null => {
    const found = status.safeParse(first);
    if (!found.success) return null;
    const { look, network } = found.data;
    if (look === null)
      return {
        isWell: false,
        sentence: `the nodes of ${network} are unknown: the exporter has finished no recent look`,
      };
    const { nodes, signers } = look;
    const answering =
      nodes.asked === 0
        ? `no node of ${network} is asked`
        : `${share(nodes.answering, nodes.asked, 'node')} of ${network} ${verb(nodes.asked, 'answers', 'answer')}${except(nodes.silent)}`;
    const parts = [answering, ...signersText(signers), `seen ${longAge(look.ageMs)} ago`];
    // A signer with an unknown state does not count as healthy.
    const isWell = nodes.asked > 0 && nodes.answering === nodes.asked && signers.inSet === signers.expected;
    return { isWell, sentence: parts.join('; ') };
  },
};

function signersText({ expected, inSet, outside }: FleetLook['signers']): readonly string[] {
  if (expected === 0) return [];
  return [
    `${share(inSet, expected, 'signer')} ${verb(expected, 'is', 'are')} known to be in the set${except(outside)}`,
  ];
}

function share(part: number, all: number, what: string): string {
  return `${part} of ${counted(all, what)}`;
}

function verb(count: number, one: string, many: string): string {
  return count === 1 ? one : many;
}

/** The first names of a list, for example `, not bravo-2, bravo-3 and 4 more`. */
function except(list: readonly string[]): string {
  if (list.length === 0) return '';
  const more = list.length - MOST_NAMES;
  return `, not ${list.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
