import type { CompletionModel, Values } from './model.js'
import { argumentBranches, type Branch, fieldBranches, fieldValueBranches, flagValueBranches } from './tables.js'

/** A completion script for fish 3: for ~/.config/fish/completions/pbxkit.fish. It starts no program. */
export function fishCompletion(model: CompletionModel): string {
  const values = (found: Values) => [found.kind, ...(found.kind === 'list' ? found.list : [])]
  const described = (name: string, description: string) => `${name}\t${description}`
  const children = [...model.children].map(([path, all]) => ({
    keys: [path],
    found: all.map(({ name, summary }) => described(name, summary))
  }))
  const flags = model.commands.map((one) => ({
    keys: [one.words],
    found: one.flags.flatMap(({ spellings, description }) => spellings.map((spelling) => described(spelling, description)))
  }))
  const valueBranches = [...flagValueBranches(model), ...argumentBranches(model)].map(({ keys, found }) => ({
    keys,
    found: values(found)
  }))
  return `# Completion of pbxkit for fish 3, made by: pbxkit completion fish

# Each table is asked with a key and prints what it has, one a line.
${table('children', children)}
${table('flags', flags)}
# What follows a flag ("ami send --format") or is an argument ("ami send 0"): its kind, then its words.
${table('values', valueBranches)}
${table('fields', fieldBranches(model))}
${table('field_values', fieldValueBranches(model))}
function __pbxkit_actions
    printf '%s\\n' ${model.actions.map(({ name }) => fishQuoted(name)).join(' ')}
end

# Prints what may stand for the value $argv[1]. $argv[2]: a flag and = before it; $argv[3]: the action; the rest: the table's answer.
function __pbxkit_offer_values
    set -l cur $argv[1]
    set -l before $argv[2]
    set -l action (string lower -- $argv[3])
    switch "$argv[4]"
        case list
            printf "$before%s\\n" $argv[5..-1]
        case actions
            printf "$before%s\\n" (__pbxkit_actions)
        case fields
            if string match -q -- '*=*' $cur
                set -l field (string split -m1 = -- $cur)[1]
                set -l found (__pbxkit_field_values "$action "(string lower -- $field))
                test -n "$found"; and printf "$before$field=%s\\n" $found
            else
                set -l found (__pbxkit_fields $action)
                test -n "$found"; and printf "$before%s=\\n" $found
            end
        case file
            printf "$before%s\\n" (__fish_complete_path $cur)
        case folder
            printf "$before%s\\n" (__fish_complete_directories $cur)
    end
end

function __pbxkit
    set -l words (commandline -opc)
    set -l cur (commandline -ct)
    set -e words[1]
    set -l path ''
    set -l args 0
    set -l action ''
    set -l pending ''
    set -l isPath yes
    for word in $words
        if test $isPath = yes
            if contains -- $word (__pbxkit_children $path | string replace -r '\\t.*' '')
                set path (string trim "$path $word")
                continue
            end
            set isPath no
        end
        if test -n "$pending"
            set pending ''
        else if string match -q -- '-?*' $word
            set -l found (__pbxkit_values "$path $word")
            test -n "$found"; and set pending $word
        else
            test $args -eq 0; and set action $word
            set args (math $args + 1)
        end
    end
    if test -n "$pending"
        __pbxkit_offer_values "$cur" '' "$action" (__pbxkit_values "$path $pending")
    else if string match -q -- '--*=*' $cur
        set -l parts (string split -m1 = -- $cur)
        __pbxkit_offer_values "$parts[2]" "$parts[1]=" "$action" (__pbxkit_values "$path $parts[1]")
    else if string match -q -- '-*' $cur
        __pbxkit_flags $path
    else
        test $isPath = yes; and __pbxkit_children $path
        __pbxkit_offer_values "$cur" '' "$action" (__pbxkit_values "$path $args")
    end
end

complete -c pbxkit -e
complete -c pbxkit -f -a '(__pbxkit)'
`
}

function table(name: string, branches: readonly Branch<readonly string[]>[]): string {
  const cases = branches.map(
    ({ keys, found }) =>
      `        case ${keys.map(fishQuoted).join(' ')}\n            printf '%s\\n' ${found.map(fishQuoted).join(' ')}`
  )
  return `function __pbxkit_${name}\n    switch "$argv[1]"\n${cases.join('\n')}\n    end\nend\n`
}

/** fish takes \\ and ' between single quotes with a backslash before them. `switch` would take * and ? as patterns: no key has one. */
function fishQuoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
