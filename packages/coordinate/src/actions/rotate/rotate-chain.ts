import { hexOf, type NodeRpc, sessionIndex } from '@watchbill/chain';
import { accountOfText, type ChainMetadata, nextSessionKeys } from '@watchbill/chain/extrinsics';
import type { ActionDoors } from '../doors.ts';
import type { ActionContext } from '../port.ts';
import { keysDigest, parametersOf, type RotateContent } from './rotate-content.ts';

/** The account of each seat. */
export function validatorsOf({ item }: ActionContext): readonly Uint8Array[] {
  return parametersOf(item).validators.map((text) => accountOfText(text) ?? new Uint8Array());
}

/** The one content that the plan and the reference block give. Throws a NodeFault. */
export async function derivedRotation(doors: ActionDoors, context: ActionContext): Promise<RotateContent> {
  const { node, plan } = context;
  const block = hexOf(plan.referenceHash);
  const { metadata } = await doors.views.at(node, block);
  const before: (string | null)[] = [];
  for (const validator of validatorsOf(context))
    before.push(keysDigest(await nextSessionKeys(node, metadata, validator, block)));
  return { order: [...plan.submitters], session: await sessionAt(node, block), before };
}

/** Index of the session at a block. Throws a NodeFault. */
export async function sessionAt(node: NodeRpc, block: string): Promise<number> {
  return Number((await sessionIndex(node, block)) ?? 0n);
}

/** Whether a seat's validator has other keys now than at the reference block. Throws a NodeFault. */
export async function isRotated(
  node: NodeRpc,
  metadata: ChainMetadata,
  rotation: { readonly validators: readonly Uint8Array[]; readonly content: RotateContent },
  seat: number,
  block: string,
): Promise<boolean> {
  const validator = rotation.validators[seat];
  if (validator === undefined) return false;
  const now = keysDigest(await nextSessionKeys(node, metadata, validator, block));
  return now !== null && now !== rotation.content.before[seat];
}
