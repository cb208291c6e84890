import type { Role } from '../../file/graph/index.ts';
import { signs } from '../../file/normalise/index.ts';
import { BackupFault } from './backup-fault.ts';

/**
 * Only nodes that do not sign are stopped for a backup; a node of another role than `backup` only if a person
 * allows it.
 */
export function refuseSigner(
  { node, role }: { readonly node: string; readonly role: Role },
  anyRole: boolean,
): void {
  if (signs(role))
    throw new BackupFault(
      'role',
      `${node} is a ${role}: it is not stopped for a backup, and its database has its votes`,
      'add a node of the role backup to the network file, and use that one',
    );
  if (role !== 'backup' && !anyRole)
    throw new BackupFault(
      'role',
      `${node} has the role ${role}, and would be down while the backup is made`,
      'use a node of the role backup, or add --any-role',
    );
}
