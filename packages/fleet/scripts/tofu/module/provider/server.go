package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// What of the protocol the tests need; all else is not offered, and so never asked.
type server struct {
	tfprotov6.ProviderServer
	schema *providerSchema
	cloud  cloud
}

func failure(err error) []*tfprotov6.Diagnostic {
	if err == nil {
		return nil
	}
	return []*tfprotov6.Diagnostic{{Severity: tfprotov6.DiagnosticSeverityError, Summary: err.Error()}}
}

func packed(value tftypes.Value) (*tfprotov6.DynamicValue, []*tfprotov6.Diagnostic) {
	dynamic, err := tfprotov6.NewDynamicValue(value.Type(), value)
	return &dynamic, failure(err)
}

func (s *server) GetMetadata(context.Context, *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	return &tfprotov6.GetMetadataResponse{}, nil
}

func (s *server) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &tfprotov6.GetProviderSchemaResponse{
		Provider: s.schema.provider, ResourceSchemas: s.schema.resources, DataSourceSchemas: s.schema.data,
	}, nil
}

func (s *server) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov6.GetResourceIdentitySchemasResponse{}, nil
}

func (s *server) GetFunctions(context.Context, *tfprotov6.GetFunctionsRequest) (*tfprotov6.GetFunctionsResponse, error) {
	return &tfprotov6.GetFunctionsResponse{}, nil
}

func (s *server) ValidateProviderConfig(_ context.Context, request *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: request.Config}, nil
}

func (s *server) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return &tfprotov6.ConfigureProviderResponse{}, nil
}

func (s *server) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

func (s *server) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (s *server) ValidateDataResourceConfig(context.Context, *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return &tfprotov6.ValidateDataResourceConfigResponse{}, nil
}

func (s *server) UpgradeResourceState(_ context.Context, request *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	value, err := request.RawState.Unmarshal(s.schema.resources[request.TypeName].ValueType())
	if err != nil {
		return &tfprotov6.UpgradeResourceStateResponse{Diagnostics: failure(err)}, nil
	}
	state, diagnostics := packed(value)
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: state, Diagnostics: diagnostics}, nil
}

func (s *server) ReadResource(_ context.Context, request *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	kind := s.schema.resources[request.TypeName].ValueType()
	value, err := s.readAgain(request, kind)
	if err != nil {
		return &tfprotov6.ReadResourceResponse{Diagnostics: failure(err)}, nil
	}
	state, diagnostics := packed(value)
	return &tfprotov6.ReadResourceResponse{NewState: state, Diagnostics: diagnostics}, nil
}

func (s *server) readAgain(request *tfprotov6.ReadResourceRequest, kind tftypes.Type) (tftypes.Value, error) {
	gone := tftypes.NewValue(kind, nil)
	value, err := request.CurrentState.Unmarshal(kind)
	if err != nil || value.IsNull() {
		return gone, err
	}
	id, err := idOf(value)
	if err != nil {
		return gone, err
	}
	text, err := s.cloud.read(request.TypeName, id)
	if err != nil || text == nil {
		return gone, err
	}
	return tfprotov6.RawState{JSON: text}.Unmarshal(kind)
}

func (s *server) PlanResourceChange(_ context.Context, request *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	schema := s.schema.resources[request.TypeName]
	prior, err := request.PriorState.Unmarshal(schema.ValueType())
	if err != nil {
		return &tfprotov6.PlanResourceChangeResponse{Diagnostics: failure(err)}, nil
	}
	value, err := request.ProposedNewState.Unmarshal(schema.ValueType())
	if err == nil && prior.IsNull() && !value.IsNull() {
		value, err = withUnknowns(schema, value)
	}
	if err != nil {
		return &tfprotov6.PlanResourceChangeResponse{Diagnostics: failure(err)}, nil
	}
	state, diagnostics := packed(value)
	return &tfprotov6.PlanResourceChangeResponse{PlannedState: state, Diagnostics: diagnostics}, nil
}

func (s *server) ApplyResourceChange(_ context.Context, request *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	value, err := s.carryOut(request)
	if err != nil {
		return &tfprotov6.ApplyResourceChangeResponse{NewState: request.PriorState, Diagnostics: failure(err)}, nil
	}
	state, diagnostics := packed(value)
	return &tfprotov6.ApplyResourceChangeResponse{NewState: state, Diagnostics: diagnostics}, nil
}

func (s *server) carryOut(request *tfprotov6.ApplyResourceChangeRequest) (tftypes.Value, error) {
	schema := s.schema.resources[request.TypeName]
	none := tftypes.NewValue(schema.ValueType(), nil)
	prior, err := request.PriorState.Unmarshal(schema.ValueType())
	if err != nil {
		return none, err
	}
	planned, err := request.PlannedState.Unmarshal(schema.ValueType())
	if err != nil {
		return none, err
	}
	var id string
	if prior.IsNull() {
		id, err = s.cloud.newID()
	} else {
		id, err = idOf(prior)
	}
	if err != nil {
		return none, err
	}
	if planned.IsNull() {
		return none, s.cloud.remove(request.TypeName, id)
	}
	value, err := settled(schema, planned, id, isUnknown)
	if err != nil {
		return none, err
	}
	return value, s.cloud.write(request.TypeName, id, value)
}

func (s *server) ReadDataSource(_ context.Context, request *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	schema := s.schema.data[request.TypeName]
	value, err := request.Config.Unmarshal(schema.ValueType())
	if err == nil {
		value, err = settled(schema, value, "0", isNull)
	}
	if err != nil {
		return &tfprotov6.ReadDataSourceResponse{Diagnostics: failure(err)}, nil
	}
	state, diagnostics := packed(value)
	return &tfprotov6.ReadDataSourceResponse{State: state, Diagnostics: diagnostics}, nil
}
