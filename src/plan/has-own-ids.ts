import { type Entity, mayMerge } from '../model/mapping.ts'

/** Whether identifiers of the entity's rows may be no function of their keys: who refers to such rows must be told. */
export function hasOwnIds({ entity, strategy }: { readonly entity: Entity; readonly strategy: string }): boolean {
  return strategy === 'lookup' || mayMerge(entity)
}
