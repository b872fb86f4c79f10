// Grafana's own transformations. Which there are, its application registers; @grafana/data has them
// without their place in the registry.
import {
  standardTransformers, standardTransformersRegistry, transformDataFrame,
} from '@grafana/data';
import { lastValueFrom } from 'rxjs';

/** Without the second names that some have. */
const known = new Map(Object.values(standardTransformers).map((info) => [info.id, info]));

standardTransformersRegistry.setInit(() => [...known.values()].map((info) => ({
  ...info, editor: () => null, transformation: async () => info,
})));

/** FRAMES after TRANSFORMATIONS. Throws for one that is not known: Grafana would skip it. */
export async function transformed(frames, transformations) {
  for (const { id } of transformations) standardTransformersRegistry.get(id);
  const context = { interpolate: (text) => text };
  return lastValueFrom(transformDataFrame(transformations, frames, context));
}
