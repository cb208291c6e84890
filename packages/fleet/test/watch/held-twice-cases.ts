import { useOf } from '@watchbill/fleet/file/graph';
import { maySignTwice } from '@watchbill/fleet/file/signers';
import { type Case, still } from './case.ts';

/** The permission services that a node asks; the empty string: none. */
const SERVICES = ['', 'one', 'two'];

/** What the exporter tells of a node that holds the keys of a stash. */
function held(node: string, services: string): string {
  const duty = services === '' ? '' : `,duty="${services}"`;
  return `watchbill_fleet_keys_held{network="n",place="east",pool="v",role="validator",node="${node}",stash="5S"${duty},keys="current"}`;
}

/** The law about two nodes that hold the same keys, by the permission services that each asks. */
function bothMaySign(one: string, two: string): boolean {
  const holder = (id: string, services: string) => ({
    id,
    use: useOf('5S', services === '' ? null : services),
    seen: { keys: ['0x88dc'], isComplete: true },
  });
  return maySignTwice(holder('v1', one), holder('v2', two)).answer !== 'no';
}

/** Whether the alert fires is what the law of one signer answers. */
export const HELD_TWICE_CASES: readonly Case[] = SERVICES.flatMap((one) =>
  SERVICES.map((two) => ({
    alert: 'KeysHeldTwice',
    fires: bothMaySign(one, two),
    series: { [held('v1', one)]: still(1), [held('v2', two)]: still(1) },
    minutes: 10,
  })),
);
