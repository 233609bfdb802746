/** Stands for the tenant of shared rows in version 5 identifiers (the nil UUID, RFC 9562 section 5.9). */
export const NO_TENANT = '00000000-0000-0000-0000-000000000000'
