import type { AttributeType } from './attribute-value.ts';
import type { Condition, Operand } from './expression.ts';

/** What stands at some place of a condition: an operand, or a condition of its own. */
export type Term =
  | { readonly kind: 'operand'; readonly operand: Operand; readonly type?: AttributeType | undefined; readonly parens?: boolean }
  | { readonly kind: 'condition'; readonly condition: Condition; readonly called?: string; readonly parens?: boolean };
