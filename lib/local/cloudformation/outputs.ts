import { resolve } from './intrinsics.ts';
import type { Scope } from './scope.ts';
import type { Stack, StackOutput } from './stack.ts';
import type { StackStore } from './stack-store.ts';
import { type Template, validationError } from './template.ts';

/** What the outputs of a stack are evaluated from. */
export interface OutputSource {
  readonly template: Template;
  readonly scope: Scope;
  readonly stack: Stack;
  readonly stacks: StackStore;
}

/** The outputs of a stack; an export's name must be free, and an export that another stack reads can neither change nor go. */
export function evaluateOutputs({ template, scope, stack, stacks }: OutputSource): StackOutput[] {
  const outputs = Object.entries(template.Outputs ?? {})
    .filter(([, { Condition }]) => Condition === undefined || scope.condition(Condition))
    .map(([key, { Value, Description, Export }]) => {
      const exportName = Export === undefined ? undefined : String(resolve(Export.Name, scope));
      return { key, value: textOf(resolve(Value, scope)), description: Description, exportName };
    });
  for (const { exportName } of outputs) {
    const taken = exportName === undefined ? undefined : stacks.exported(exportName);
    if (taken !== undefined && taken.stack !== stack) {
      throw validationError(
        `Export with name ${exportName} is already exported by stack ${taken.stack.name}. Rename the export or remove it there`,
      );
    }
  }
  refuseLostExports({ stack, stacks }, outputs);
  return outputs;
}

/** Refuses to take away or change an export that other stacks read. */
export function refuseLostExports({ stack, stacks }: Pick<OutputSource, 'stack' | 'stacks'>, outputs: readonly StackOutput[]): void {
  for (const { exportName, value } of stack.outputs) {
    if (exportName === undefined) continue;
    const next = outputs.find((output) => output.exportName === exportName);
    if (next?.value === value) continue;
    const importers = stacks.importersOf(exportName).filter((each) => each !== stack);
    if (importers.length === 0) continue;
    const verb = next === undefined ? 'deleted' : 'updated';
    throw validationError(`Export ${exportName} cannot be ${verb} as it is in use by ${importers.map((each) => each.name).join(', ')}`);
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);
}
