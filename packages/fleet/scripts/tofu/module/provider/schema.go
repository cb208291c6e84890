package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// What one provider knows, by type of resource.
type providerSchema struct {
	source    string
	provider  *tfprotov6.Schema
	resources map[string]*tfprotov6.Schema
	data      map[string]*tfprotov6.Schema
}

// As it stands in the file: an attribute is [how, type], where how is "required", "optional", "computed" or "optional computed".
type blockFile struct {
	Attributes map[string][2]json.RawMessage `json:"attributes"`
	Blocks     map[string]nestedFile         `json:"blocks"`
}

type nestedFile struct {
	Nesting string `json:"nesting"`
	Min     int64  `json:"min"`
	Max     int64  `json:"max"`
	blockFile
}

type schemaFile struct {
	Source      string               `json:"source"`
	Provider    blockFile            `json:"provider"`
	Resources   map[string]blockFile `json:"resources"`
	DataSources map[string]blockFile `json:"dataSources"`
}

var nestings = map[string]tfprotov6.SchemaNestedBlockNestingMode{
	"single": tfprotov6.SchemaNestedBlockNestingModeSingle,
	"list":   tfprotov6.SchemaNestedBlockNestingModeList,
	"set":    tfprotov6.SchemaNestedBlockNestingModeSet,
}

func readSchema(path string) (*providerSchema, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file schemaFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	provider, err := file.Provider.schema()
	if err != nil {
		return nil, err
	}
	resources, err := schemasOf(file.Resources)
	if err != nil {
		return nil, err
	}
	data, err := schemasOf(file.DataSources)
	return &providerSchema{file.Source, provider, resources, data}, err
}

func schemasOf(files map[string]blockFile) (map[string]*tfprotov6.Schema, error) {
	schemas := map[string]*tfprotov6.Schema{}
	for name, file := range files {
		schema, err := file.schema()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		schemas[name] = schema
	}
	return schemas, nil
}

func (file blockFile) schema() (*tfprotov6.Schema, error) {
	block, err := file.block()
	return &tfprotov6.Schema{Block: block}, err
}

func (file blockFile) block() (*tfprotov6.SchemaBlock, error) {
	block := &tfprotov6.SchemaBlock{}
	for _, name := range sortedNames(file.Attributes) {
		attribute, err := attributeOf(name, file.Attributes[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		block.Attributes = append(block.Attributes, attribute)
	}
	for _, name := range sortedNames(file.Blocks) {
		nested := file.Blocks[name]
		inner, err := nested.block()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		nesting, known := nestings[nested.Nesting]
		if !known {
			return nil, fmt.Errorf("%s: nesting %q is not known", name, nested.Nesting)
		}
		block.BlockTypes = append(block.BlockTypes, &tfprotov6.SchemaNestedBlock{
			TypeName: name, Block: inner, Nesting: nesting, MinItems: nested.Min, MaxItems: nested.Max,
		})
	}
	return block, nil
}

func attributeOf(name string, parts [2]json.RawMessage) (*tfprotov6.SchemaAttribute, error) {
	var how string
	if err := json.Unmarshal(parts[0], &how); err != nil {
		return nil, err
	}
	kind, err := tftypes.ParseJSONType(parts[1])
	if err != nil {
		return nil, err
	}
	attribute := &tfprotov6.SchemaAttribute{Name: name, Type: kind}
	for _, word := range strings.Fields(how) {
		switch word {
		case "required":
			attribute.Required = true
		case "optional":
			attribute.Optional = true
		case "computed":
			attribute.Computed = true
		default:
			return nil, fmt.Errorf("%q is not known", word)
		}
	}
	return attribute, nil
}

func sortedNames[T any](of map[string]T) []string {
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// The attribute at a path of a value, whatever elements of blocks the path goes through; nil where there is none.
func attributeAt(block *tfprotov6.SchemaBlock, path *tftypes.AttributePath) *tfprotov6.SchemaAttribute {
	names := []string{}
	for _, step := range path.Steps() {
		if name, ok := step.(tftypes.AttributeName); ok {
			names = append(names, string(name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	if last := path.LastStep(); last != tftypes.AttributeName(names[len(names)-1]) {
		return nil
	}
	for _, name := range names[:len(names)-1] {
		inner := blockOf(block, name)
		if inner == nil {
			return nil
		}
		block = inner
	}
	for _, attribute := range block.Attributes {
		if attribute.Name == names[len(names)-1] {
			return attribute
		}
	}
	return nil
}

func blockOf(block *tfprotov6.SchemaBlock, name string) *tfprotov6.SchemaBlock {
	for _, nested := range block.BlockTypes {
		if nested.TypeName == name {
			return nested.Block
		}
	}
	return nil
}
