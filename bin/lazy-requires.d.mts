export declare function lazyRequires(source: string): string
