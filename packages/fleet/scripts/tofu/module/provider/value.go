package main

import (
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// What the cloud sets is not known before it was made.
func withUnknowns(schema *tfprotov6.Schema, value tftypes.Value) (tftypes.Value, error) {
	return tftypes.Transform(value, func(path *tftypes.AttributePath, one tftypes.Value) (tftypes.Value, error) {
		attribute := attributeAt(schema.Block, path)
		if attribute == nil || !attribute.Computed || !one.IsNull() {
			return one, nil
		}
		return tftypes.NewValue(attribute.Type, tftypes.UnknownValue), nil
	})
}

// What the cloud answers: the id, and something of the right type for all else that it sets and that is open still.
func settled(schema *tfprotov6.Schema, value tftypes.Value, id string, isOpen func(tftypes.Value) bool) (tftypes.Value, error) {
	return tftypes.Transform(value, func(path *tftypes.AttributePath, one tftypes.Value) (tftypes.Value, error) {
		attribute := attributeAt(schema.Block, path)
		if attribute == nil || !attribute.Computed || !isOpen(one) {
			return one, nil
		}
		return madeUp(attribute, id), nil
	})
}

func isUnknown(value tftypes.Value) bool { return !value.IsKnown() }

func isNull(value tftypes.Value) bool { return value.IsKnown() && value.IsNull() }

func madeUp(attribute *tfprotov6.SchemaAttribute, id string) tftypes.Value {
	kind := attribute.Type
	text := func(name string) tftypes.Value { return tftypes.NewValue(tftypes.String, name) }
	switch {
	case attribute.Name == "id" && kind.Is(tftypes.String):
		return text(id)
	case kind.Is(tftypes.String):
		return text(attribute.Name + "-of-" + id)
	case kind.Equal(tftypes.List{ElementType: tftypes.String}):
		return tftypes.NewValue(kind, []tftypes.Value{text(attribute.Name + "-a"), text(attribute.Name + "-b")})
	default:
		return tftypes.NewValue(kind, nil)
	}
}

func idOf(value tftypes.Value) (string, error) {
	var fields map[string]tftypes.Value
	if err := value.As(&fields); err != nil {
		return "", err
	}
	var id string
	err := fields["id"].As(&id)
	return id, err
}

// A value as encoding/json writes it.
func plainOf(value tftypes.Value) (any, error) {
	if value.IsNull() {
		return nil, nil
	}
	kind := value.Type()
	switch {
	case kind.Is(tftypes.String):
		var text string
		err := value.As(&text)
		return text, err
	case kind.Is(tftypes.Bool):
		var yes bool
		err := value.As(&yes)
		return yes, err
	case kind.Is(tftypes.Number):
		number := new(big.Float)
		err := value.As(&number)
		return json.Number(number.Text('f', -1)), err
	case kind.Is(tftypes.Object{}) || kind.Is(tftypes.Map{}):
		var fields map[string]tftypes.Value
		if err := value.As(&fields); err != nil {
			return nil, err
		}
		plain := map[string]any{}
		for name, field := range fields {
			one, err := plainOf(field)
			if err != nil {
				return nil, err
			}
			plain[name] = one
		}
		return plain, nil
	case kind.Is(tftypes.List{}) || kind.Is(tftypes.Set{}):
		var items []tftypes.Value
		if err := value.As(&items); err != nil {
			return nil, err
		}
		plain := []any{}
		for _, item := range items {
			one, err := plainOf(item)
			if err != nil {
				return nil, err
			}
			plain = append(plain, one)
		}
		return plain, nil
	default:
		return nil, fmt.Errorf("values of %s are not kept", kind)
	}
}
