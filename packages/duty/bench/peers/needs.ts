import { findEtcd } from '@watchbill/testkit';

interface Need {
  readonly name: string;
}

interface Needs {
  readonly etcdNeed: Need;
  readonly postgresNeed: Need;
  missingLine(needs: readonly Need[]): string | undefined;
}

/** The file is plain JavaScript, because it also runs under older versions of Node. */
const NEEDS = new URL('../../../../scripts/needs.mjs', import.meta.url).href;

/** Throws, with the command that installs them, if PostgreSQL or every etcd is missing. */
export async function checkNeeds(): Promise<void> {
  const { etcdNeed, postgresNeed, missingLine } = (await import(NEEDS)) as Needs;
  const needs = findEtcd('v3.6').found ? [postgresNeed] : [postgresNeed, etcdNeed];
  const missing = missingLine(needs);
  if (missing !== undefined) throw new Error(missing);
}
