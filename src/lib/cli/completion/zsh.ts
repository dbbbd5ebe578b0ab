import type { CompletionModel, Values } from './model.js'
import { argumentBranches, caseBranches, fieldBranches, fieldValueBranches, flagValueBranches, quoted } from './tables.js'

/** A completion script for zsh 5: for a folder of `fpath` under the name `_pbxkit`, or to be sourced after `compinit`. It starts no program. */
export function zshCompletion(model: CompletionModel): string {
  const list = (words: readonly string[]) => `list=(${words.map(quoted).join(' ')})`
  const values = (found: Values) => (found.kind === 'list' ? `kind=list; ${list(found.list)}` : `kind=${found.kind}`)
  /** `_describe` takes `name:description`. */
  const described = (name: string, description: string) => `${name.replaceAll(':', '\\:')}:${description}`
  const children = [...model.children].map(([path, all]) => ({
    keys: [path],
    found: all.map(({ name, summary }) => described(name, summary))
  }))
  const flags = model.commands.map((one) => ({
    keys: [one.words],
    found: one.flags.flatMap(({ spellings, description }) => spellings.map((spelling) => described(spelling, description)))
  }))
  return `#compdef pbxkit
# Completion of pbxkit for zsh 5, made by: pbxkit completion zsh

# Each table is asked with a key and fills list (and kind); an unknown key leaves them empty.
_pbxkit_children() {
  list=()
  case $1 in
${caseBranches(children, list)}
  esac
}

_pbxkit_flags() {
  list=()
  case $1 in
${caseBranches(flags, list)}
  esac
}

# What follows a flag ("ami send --format") or is an argument ("ami send 0").
_pbxkit_values() {
  kind='' list=()
  case $1 in
${caseBranches([...flagValueBranches(model), ...argumentBranches(model)], values)}
  esac
}

_pbxkit_actions() { ${list(model.actions.map(({ name }) => name))} }

_pbxkit_fields() {
  list=()
  case $1 in
${caseBranches(fieldBranches(model), list)}
  esac
}

_pbxkit_field_values() {
  list=()
  case $1 in
${caseBranches(fieldValueBranches(model), list)}
  esac
}

# Offers what the table has found. AMI's names are found in any case.
_pbxkit_offer_values() {
  case $kind in
    list) compadd -a list ;;
    actions) _pbxkit_actions; compadd -M 'm:{a-zA-Z}={A-Za-z}' -a list ;;
    fields)
      if [[ $PREFIX == *=* ]]; then
        local field=\${PREFIX%%=*}
        compset -P '*='
        _pbxkit_field_values "\${(L)action} \${(L)field}"
        compadd -M 'm:{a-zA-Z}={A-Za-z}' -a list
      else
        _pbxkit_fields "\${(L)action}"
        compadd -M 'm:{a-zA-Z}={A-Za-z}' -S = -a list
      fi ;;
    file) _files ;;
    folder) _files -/ ;;
  esac
}

_pbxkit() {
  local -a list names
  local kind='' route='' word action='' pending='' cur=$PREFIX
  local -i at=2 args=0 first
  for ((; at < CURRENT; at++)); do
    word=\${words[at]}
    _pbxkit_children "$route"
    names=(\${list%%:*})
    (( \${names[(Ie)$word]} )) || break
    route=\${route:+$route }$word
  done
  first=$at
  for ((; at < CURRENT; at++)); do
    word=\${words[at]}
    if [[ -n $pending ]]; then pending=''; continue; fi
    if [[ $word == -?* ]]; then
      _pbxkit_values "$route $word"
      [[ -n $kind ]] && pending=$word
    else
      (( args == 0 )) && action=$word
      (( args++ ))
    fi
  done
  if [[ -n $pending ]]; then
    _pbxkit_values "$route $pending"
    _pbxkit_offer_values
  elif [[ $cur == --*=* ]]; then
    _pbxkit_values "$route \${cur%%=*}"
    # Up to the first = only: a field has one of its own.
    compset -P 1 '*='
    _pbxkit_offer_values
  elif [[ $cur == -* ]]; then
    _pbxkit_flags "$route"
    _describe -o flag list
  else
    if (( first == CURRENT )); then _pbxkit_children "$route"; (( \${#list} )) && _describe command list; fi
    _pbxkit_values "$route $args"
    _pbxkit_offer_values
  fi
}

# Loaded from fpath it is called at once; sourced, it is announced.
if [[ \${funcstack[1]} == _pbxkit ]]; then _pbxkit "$@"; else compdef _pbxkit pbxkit; fi
`
}
