/** Takes one field of each thing in a list: `problems.map(field('code'))`. */
export const field =
  <Name extends string>(name: Name) =>
  <One extends { readonly [Key in Name]?: unknown }>(one: One): One[Name] =>
    one[name];

/** Takes several fields of each thing, as a list. */
export const fields =
  <Name extends string>(...names: readonly Name[]) =>
  <One extends { readonly [Key in Name]?: unknown }>(one: One): readonly One[Name][] =>
    names.map((name) => one[name]);
