/** A value and everything in it, read-only: `DeepReadonly<z.output<typeof shape>>` is the type of a shape. */
export type DeepReadonly<Value> = Value extends object
  ? { readonly [Name in keyof Value]: DeepReadonly<Value[Name]> }
  : Value;
