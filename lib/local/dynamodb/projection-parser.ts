import type { Parsed, Path } from './expression.ts';
import { type Fault, notePathClashes, readExpression, type Vocabulary } from './expression-reader.ts';

const FAULTS: readonly Fault[] = ['reserved', 'undefined-name', 'overlap', 'conflict'];

/** Parses a projection expression; a text is what DynamoDB says is wrong with it. */
export function parseProjection(text: string, vocabulary: Vocabulary): Parsed<readonly Path[]> | string {
  return readExpression(text, vocabulary, (reader) => {
    const paths = [reader.path()];
    while (reader.takeIf(',')) paths.push(reader.path());
    if (reader.peek().kind !== 'end') reader.stop();
    notePathClashes(reader, paths);
    return reader.first(FAULTS) ?? reader.finish(paths);
  });
}
