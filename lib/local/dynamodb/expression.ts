/** A document path: attribute names and list positions, aliases already resolved. */
export type Path = readonly (string | number)[];

/** What a condition compares: an attribute, a value of the request, or the size of an attribute. */
export type Operand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly ref: string }
  | { readonly kind: 'size'; readonly of: Operand };

/** The comparison operators. */
export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** A condition, filter or key condition. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'compare'; readonly comparator: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'between'; readonly of: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'in'; readonly of: Operand; readonly candidates: readonly Operand[] }
  | { readonly kind: 'exists'; readonly path: Path; readonly expected: boolean }
  | { readonly kind: 'type'; readonly of: Operand; readonly type: Operand }
  | { readonly kind: 'begins-with' | 'contains'; readonly of: Operand; readonly part: Operand };

/** What an update assigns. */
export type UpdateValue =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly ref: string }
  | { readonly kind: 'plus' | 'minus' | 'append'; readonly left: UpdateValue; readonly right: UpdateValue }
  | { readonly kind: 'if-absent'; readonly path: Path; readonly fallback: UpdateValue };

/** One action of an update expression. */
export type UpdateAction =
  | { readonly kind: 'set'; readonly path: Path; readonly value: UpdateValue }
  | { readonly kind: 'remove'; readonly path: Path }
  | { readonly kind: 'add' | 'delete'; readonly path: Path; readonly ref: string };

/** An expression after parsing, with what it needs from the request. */
export interface Parsed<T> {
  readonly tree: T;
  /** The aliases (`#name`) and values (`:value`) that it uses. */
  readonly names: readonly string[];
  readonly values: readonly string[];
  /** First elements of all paths (of an update: of the paths it writes), and of the paths that reach into a document. */
  readonly heads: readonly string[];
  readonly nestedHeads: readonly string[];
}
