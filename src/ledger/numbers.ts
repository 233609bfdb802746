/** Identifiers have 16 bits for the tenant and 10 for the entity; 0 is no tenant and no entity. */
export const MOST_TENANTS = 65_535
export const MOST_ENTITIES = 1023
