/** The demonstration list of the original project: each name is allowed once, in order. */
export interface DemoOrder {
  /** True if the node is at the head, which is then removed. */
  take(node: string): boolean;
}

export function demoOrder(nodes: readonly string[]): DemoOrder {
  let next = 0;
  return {
    take: (node) => {
      if (next >= nodes.length || nodes[next] !== node) return false;
      next++;
      return true;
    },
  };
}
