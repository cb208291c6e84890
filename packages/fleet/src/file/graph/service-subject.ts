import type { Subject } from './resource.ts';

/** Whose the resources of a permission service, or of its etcd, are: a pool without a role. */
export function serviceSubject(name: string): Subject {
  return { pool: name, node: null, role: null, keySet: null };
}

/** Whether a resource belongs to a permission service or to its etcd, and to no node of a chain. */
export function isOfService({ pool, role }: Pick<Subject, 'pool' | 'role'>): boolean {
  return pool !== null && role === null;
}
