/** The value that removes a property: `{ Ref: 'AWS::NoValue' }`. */
export const NO_VALUE: unique symbol = Symbol('AWS::NoValue');

/** What the intrinsic functions of one template look into. */
export interface Scope {
  /** A parameter, a pseudo-parameter or a resource's physical id; throws a ValidationError for a name that does not exist. */
  ref(name: string): unknown;
  /** An attribute of a resource of this template. */
  attribute(logicalId: string, name: string): unknown;
  condition(name: string): boolean;
  mapping(map: string, top: string, second: string): unknown;
  /** The value of an export of another stack. */
  importValue(name: string): unknown;
  /** An output of another stack, by name. */
  stackOutput(stackName: string, outputName: string): unknown;
  readonly region: string;
}
